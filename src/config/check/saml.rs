//! A SAML identity provider: that it is said once where its metadata is, and that names are names.

use super::{Report, leases, vendor, web};
use crate::config::Code;
use crate::config::tree::Entry;

pub(super) fn check(section: &Entry, report: &mut Report<'_>) {
    let saml = &section.node;
    for key in ["entity_id", "subject", "login", "name", "email", "groups"] {
        report.not_empty(saml, key);
    }
    vendor::one_of(section, "where the metadata is", ["metadata_file", "metadata_url"], report);
    for (key, why) in [
        ("metadata_every", "it would be read without a pause"),
        ("max_age", "no assertion is made at the moment at which it is shown"),
        ("timeout", "nothing could ever be answered in time"),
    ] {
        report.not_zero(saml, key, why);
    }
    leases::check(saml, report);
    let signed = saml.get("metadata_certificate_files").is_some_and(|files| !files.items().is_empty());
    let clear = "it must begin with https://, or be signed (`metadata_certificate_files`): whoever can change it can be \
                 anybody";
    if let Some((node, url)) = saml.get("metadata_url").and_then(|node| Some((node, node.text()?))) {
        // A query is where some providers say whose metadata is meant.
        let plain = url.split('?').next().unwrap_or_default();
        let plain = if signed { plain.replacen("http://", "https://", 1) } else { plain.to_owned() };
        if let Some(why) = web::wrong(&plain, clear, "only host, port, path and query") {
            report.say(&node.origin, Code::MalformedValue, "this is not the address of metadata", why);
        }
    }
    let transient = saml.get("name_id_format").filter(|format| format.text() == Some("transient"));
    if let Some(format) = transient.filter(|_| saml.text_of("subject").is_none_or(|subject| subject == "NameID")) {
        let help = "set `subject` to an attribute that never changes";
        let message = "a transient name is another one at each login, and nobody's id";
        report.say(&format.origin, Code::SettingsContradict, message, help);
    }
}
