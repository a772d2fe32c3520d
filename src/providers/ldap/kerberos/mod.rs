//! Signing in with Kerberos (SASL GSSAPI, RFC 4752), in builds with the feature `gssapi`.
//!
//! The system's Kerberos library runs in a process of its own, the [`helper`]: the program itself, started anew for
//! each connection. So a call of it that waits for a key distribution centre is ended with its process, a keytab is
//! of one provider, and bytes from a network meet code in C where nothing else is. Never here: a ticket or a key.

mod binding;
mod frame;
pub mod helper;
mod layer;
mod notice;
mod process;
mod sign_in;
mod status;
mod why;

use super::failure::Failure;
use crate::config::Bind;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

pub(super) use sign_in::sign_in;

/// As whom to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) principal: Option<String>,
    pub(super) keytab: Option<PathBuf>,
    /// The name of every server in its service principal, if not the URL's.
    pub(super) host: Option<String>,
}

impl Account {
    /// What `bind` says. A keytab that cannot be read shows here.
    pub(super) fn new(bind: &Bind) -> Result<Self, Failure> {
        if let Some(path) = &bind.keytab_file {
            std::fs::File::open(path).map_err(|error| {
                Failure::configuration(format!("ldap.bind.keytab_file: {}: {error}", path.display()))
            })?;
        }
        let host = bind.service_host.clone();
        Ok(Self { principal: bind.principal.clone(), keytab: bind.keytab_file.clone(), host })
    }

    /// Whose ticket it is, for a person.
    pub(super) fn who(&self) -> String {
        let whose = match (&self.principal, &self.keytab) {
            (Some(principal), _) => principal.clone(),
            (None, Some(keytab)) => format!("the first account of {}", keytab.display()),
            (None, None) => "the owner of the ticket".to_owned(),
        };
        format!("{whose} (Kerberos)")
    }
}

/// What the helper is to do.
#[derive(Debug, Serialize, Deserialize)]
struct Wish {
    /// `ldap@host` (RFC 4752 §3.1).
    service: String,
    principal: Option<String>,
    keytab: Option<PathBuf>,
    /// The channel binding, where TLS is below.
    binding: Option<Vec<u8>>,
}

impl Wish {
    /// Without TLS every message is encrypted by Kerberos; over TLS none.
    fn seals(&self) -> bool {
        self.binding.is_none()
    }
}

/// The service `ldap` of that host, as errors call it.
fn principal_of(service: &str) -> String {
    service.replacen('@', "/", 1)
}
