export default JSON.parse("hunter2-the-key") as object;
