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

use super::web::{Failure, Service};
use super::{CheckStep, Directory, Found, ProviderError, ReadRequest, Sought};
use crate::config::{Scim, ScimMembers};
use crate::fetch::{Client, Settings, Url};
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
        let wrong = |message: String| Failure::configuration(message);
        let base = Url::parse(&config.url).map_err(|error| wrong(format!("scim.url: {error}")))?;
        let authorities = config.ca_file.as_ref().map(|file| {
            std::fs::read(file).map_err(|error| wrong(format!("scim.ca_file: {}: {error}", file.display())))
        });
        let settings = Settings {
            // Nothing but what is below the base is ever asked.
            hosts: base.host_str().map(str::to_owned).into_iter().collect(),
            private_network: false,
            authorities: authorities.transpose()?,
            timeout: config.timeout.get(),
        };
        let client = Client::new(&settings).map_err(|error| wrong(format!("scim: {error}")))?;
        Ok(Self {
            service: Service::new(client, config.bearer.clone(), MEDIA_TYPES),
            users: below(&base, "Users")?,
            groups: below(&base, "Groups")?,
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

/// A URL with one part more.
fn below(url: &Url, part: &str) -> Result<Url, Failure> {
    let mut url = url.clone();
    match url.path_segments_mut() {
        Ok(mut parts) => {
            parts.pop_if_empty().push(part);
        }
        Err(()) => return Err(Failure::configuration("scim.url: it is no address of a server")),
    }
    Ok(url)
}
