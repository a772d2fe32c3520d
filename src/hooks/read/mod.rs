//! What a call is made of, and how parts of it are read: JSON within bounds, secrets compared in constant
//! time, tokens, pointers. Pure: no clock, no file, no socket.

mod event;
mod proof;
mod token;

pub(crate) use event::{Call, Event, Form, Given, Login, Verified, event, group_list, one, one_as, parse};
pub(crate) use proof::{hmac_of_all, hmac_sign, is_recent, key_bytes, only, sha256, shared, signature_bytes};
pub(crate) use token::{bearer, verify_token};
