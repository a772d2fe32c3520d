//! The API, asked over real connections.

mod access;
mod acting;
mod answers;
mod authzen;
mod browsers;
mod description;
mod effective;
mod fuzz;
mod keys;
mod limits;
mod objects;
mod revoked;
pub mod served;
mod tls;
mod tokens;
