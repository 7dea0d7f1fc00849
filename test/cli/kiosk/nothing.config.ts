export default "nothing";
