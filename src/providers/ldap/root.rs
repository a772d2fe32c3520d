//! What a server says of itself, in its root entry (RFC 4512 §5.1; of Active Directory [MS-ADTS] 3.1.1.3.2).

use super::ask::once;
use super::connection::Connection;
use super::failure::Failure;
use super::filter;
use super::wire::Search;
use std::collections::BTreeMap;

/// The attributes that mean something here.
const ATTRIBUTES: [&str; 8] = [
    "supportedControl",
    "supportedCapabilities",
    "vendorName",
    "vendorVersion",
    "namingContexts",
    "defaultNamingContext",
    "dsServiceName",
    "highestCommittedUSN",
];
/// LDAP_CAP_ACTIVE_DIRECTORY_OID.
const ACTIVE_DIRECTORY: &str = "1.2.840.113556.1.4.800";

/// A root entry. What may not be read is missing in it.
#[derive(Debug, Default)]
pub(super) struct Root {
    /// By name in small letters.
    values: BTreeMap<String, Vec<String>>,
}

impl Root {
    pub(super) async fn read(connection: &mut Connection) -> Result<Self, Failure> {
        let (filter, attributes) = (filter::present("objectClass"), ATTRIBUTES.map(str::to_owned));
        let search = Search { base: "", scope: 0, filter: &filter, attributes: &attributes, control: None };
        let mut root = Self::default();
        once(connection, search, |entry| {
            for attribute in entry.attributes().flatten() {
                let name = String::from_utf8_lossy(attribute.description).to_ascii_lowercase();
                let texts = attribute.values().flatten().map(|value| String::from_utf8_lossy(value).into_owned());
                root.values.entry(name).or_default().extend(texts);
            }
        })
        .await?;
        Ok(root)
    }

    /// All values of an attribute.
    pub(super) fn all(&self, name: &str) -> &[String] {
        self.values.get(&name.to_ascii_lowercase()).map_or(&[], Vec::as_slice)
    }

    /// The value of an attribute that has one.
    pub(super) fn one(&self, name: &str) -> Option<&str> {
        self.all(name).first().map(String::as_str)
    }

    /// Whether it knows the control of that OID.
    pub(super) fn knows(&self, control: &str) -> bool {
        self.all("supportedControl").iter().any(|oid| oid == control)
    }

    /// Whether it is a domain controller of Active Directory, or behaves as one.
    pub(super) fn is_active_directory(&self) -> bool {
        self.all("supportedCapabilities").iter().any(|oid| oid == ACTIVE_DIRECTORY)
    }

    #[cfg(test)]
    pub(super) fn of(values: &[(&str, &[&str])]) -> Self {
        let owned = |values: &[&str]| values.iter().map(|&value| value.to_owned()).collect();
        Self { values: values.iter().map(|(name, values)| (name.to_ascii_lowercase(), owned(values))).collect() }
    }
}
