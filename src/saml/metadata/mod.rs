//! How each side is known to the other (SAML 2.0 Metadata): theirs is read, ours is written.

mod idp;
mod sp;

pub use idp::{BadMetadata, Endpoint, Idp, Signers, inspect, read};
pub use sp::ServiceProvider;
