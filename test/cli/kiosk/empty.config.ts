const nothing: object = { channels: [], perform: "everything" };

export default nothing;
