//! People and groups from a SCIM 2.0 service (RFC 7643, RFC 7644), which is only ever read.
//!
//! A full read ([`read`]) takes in all users, then all groups and whoever they list ([`members`]). A few people are
//! looked for by filters ([`find`]) where it was seen that the service answers these rightly ([`ability`]), and else
//! among all. How a service is asked, page by page, is [`super::web`]'s; nothing of an answer is believed because the
//! service says so.

mod ability;
mod check;
mod entry;
mod filter;
mod find;
mod list;
mod members;
mod path;
mod read;

use super::web::{Access, Failure, Grant, Proof, Service, below, client, place};
use super::{CheckStep, Directory, Found, ProviderError, ReadRequest, Sought};
use crate::config::{ClientAuth, Scim, ScimMembers};
use crate::fetch::Url;
use ability::Ability;
use async_trait::async_trait;
use entry::Paths;
use list::{List, Wanted};
use rosterd_core::snapshot::Reading;

/// What it answers, and what some answer instead (RFC 7644 §8.1).
const MEDIA_TYPES: &str = "application/scim+json, application/json;q=0.9";

/// A SCIM service that can be read.
#[derive(Debug)]
pub struct ScimDirectory {
    config: Scim,
    service: Service,
    base: Url,
    users: Url,
    groups: Url,
    paths: Paths,
    ability: Ability,
}

impl ScimDirectory {
    /// Checks what can be checked without asking the service.
    ///
    /// # Errors
    /// Of the kind [`super::ProviderErrorKind::Configuration`], naming the key.
    pub fn new(config: &Scim) -> Result<Self, ProviderError> {
        let base = place("scim.url", &config.url)?;
        let access = access(config)?;
        // Nothing but what is below the base is ever asked, and where tokens are given.
        let places: Vec<&Url> = std::iter::once(&base).chain(access.url()).collect();
        let client = client("scim", &places, config.ca_file.as_deref(), config.timeout.get())?;
        Ok(Self {
            service: Service::new(client, access, MEDIA_TYPES),
            users: below(&base, ["Users"]),
            groups: below(&base, ["Groups"]),
            base,
            paths: Paths::new(config),
            config: config.clone(),
            ability: Ability::default(),
        })
    }

    /// Users, of those that are meant. All that the service gives of them: some leave out attributes of extensions
    /// where others are asked for.
    fn list_users(&self, filter: Option<String>) -> List {
        let meant = self.config.users.filter.as_deref();
        let filter = filter.map(|filter| filter::among(meant, filter)).or_else(|| meant.map(str::to_owned));
        let wanted = match self.config.groups.members {
            ScimMembers::People => Wanted::Default,
            ScimMembers::Auto | ScimMembers::Each => Wanted::Without("groups"),
        };
        List::new(&self.users, "users", filter.as_deref(), wanted)
    }

    /// Groups, of those that are meant.
    fn list_groups(&self, filter: Option<String>, members: bool) -> List {
        let meant = self.config.groups.filter.as_deref();
        let filter = filter.map(|filter| filter::among(meant, filter)).or_else(|| meant.map(str::to_owned));
        let wanted = match members {
            false => Wanted::Without("members"),
            true if self.paths.group_name_is_core() => Wanted::Only("externalId,displayName,members"),
            true => Wanted::Default,
        };
        List::new(&self.groups, "groups", filter.as_deref(), wanted)
    }

    fn page_size(&self) -> usize {
        usize::try_from(self.config.page_size).unwrap_or(usize::MAX)
    }
}

#[async_trait]
impl Directory for ScimDirectory {
    async fn read(&self, request: &ReadRequest) -> Result<Reading, ProviderError> {
        Ok(read::everything(self, request).await?)
    }

    async fn find(&self, sought: &Sought, request: &ReadRequest) -> Result<Found, ProviderError> {
        Ok(find::run(self, sought, request).await?)
    }

    async fn check(&self) -> Vec<CheckStep> {
        check::run(self).await
    }
}

/// A token, or a client that gets one.
fn access(config: &Scim) -> Result<Access, Failure> {
    match (&config.bearer, &config.oauth) {
        (Some(bearer), None) => Ok(Access::bearer(bearer.clone())),
        (None, Some(oauth)) => {
            let url = place("scim.oauth.token_url", &oauth.token_url)?;
            let id = oauth.client_id.clone();
            let proof = match oauth.client_auth {
                ClientAuth::Basic => Proof::Basic { id },
                ClientAuth::Post => Proof::Post { id },
            };
            Ok(Access::granted(Grant::new(url, oauth.scope.clone(), proof, oauth.client_secret.clone())))
        }
        _ => Err(Failure::configuration("scim: exactly one of `bearer` and `oauth` says who asks")),
    }
}
