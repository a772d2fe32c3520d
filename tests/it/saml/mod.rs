//! SAML 2.0: what is believed and what is refused, message by message.

mod believed;
<<<<<<< HEAD
mod flow;
=======
mod corpus;
>>>>>>> 52e0d6f (Messages that cost the most to verify; what the fuzzer and the benchmark of SAML take from the tests)
pub mod forge;
mod genuine;
mod logout;
mod metadata;
mod page;
mod refused;
mod service;
