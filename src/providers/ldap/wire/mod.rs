//! The bytes of LDAP (RFC 4511): a decoder that trusts nothing, and an encoder for the few
//! requests that rosterd sends. Never a socket, never a clock.
//!
//! The decoder borrows from the receive buffer and allocates nothing. It follows the grammar
//! instead of recursing into whatever is nested, so depth costs it nothing either. It refuses
//! what RFC 4511 §5.1 refuses: indefinite lengths, and tags of several bytes.

pub mod ber;
mod control;
mod inbox;
mod message;
mod request;
mod sync;

pub use control::{Control, DIR_SYNC, PAGED_RESULTS, dir_sync, paged_cookie};
pub use inbox::{Inbox, READ_SIZE};
pub use message::{Attribute, Attributes, Controls, Entry, KeptEntry, LdapResult, Message, Response, Values, decode};
pub use request::{Request, Search, Simple, encode};
pub use sync::{
    SYNC_DONE, SYNC_INFO, SYNC_REQUEST, SYNC_STATE, State, SyncDone, SyncInfo, SyncRequest, SyncState, Uuid, sync_done,
    sync_info, sync_state,
};
