//! SAML 2.0: what is believed and what is refused, message by message.

mod believed;
mod corpus;
mod flow;
pub mod forge;
mod genuine;
mod logout;
mod metadata;
mod page;
mod published;
mod refused;
mod service;
