/** Where clients reach a server, by a Service. */
export const dataPort = 6379;
/** The operator starts every server with its admin port here, RESP and HTTP, without a password. */
export const adminPort = 9999;
