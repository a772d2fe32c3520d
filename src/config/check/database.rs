//! The database's address.

use super::Report;
use crate::config::Code;
use crate::config::tree::{Node, password_in_url};

pub(super) fn check(database: &Node, report: &mut Report<'_>) {
    let Some(url) = database.get("url") else { return };
    let Some(text) = url.text() else { return };
    if password_in_url(text) {
        let help = "move it to `password`, as { file = \"…\" }, { env = \"…\" } or { credential = \"…\" }";
        report.say(&url.origin, Code::PasswordInUrl, "the database's `url` must not hold a password", help);
    }
    if let Some(path) = text.strip_prefix("sqlite:") {
        if path.is_empty() || path.starts_with("//") || path.starts_with(':') || path.contains('?') {
            report.say(
                &url.origin,
                Code::DatabaseUrl,
                "`url` names no SQLite file",
                "sqlite:PATH, such as sqlite:/var/lib/rosterd/rosterd.db",
            );
        }
        if let Some(password) = database.entry("password") {
            report.say(
                &password.key_origin,
                Code::PasswordUnused,
                "`password` is for PostgreSQL",
                "SQLite has none: remove it",
            );
        }
    } else if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
        report.say(
            &url.origin,
            Code::DatabaseUrl,
            "`url` is not a database that rosterd knows",
            "sqlite:PATH or postgres://user@host/name",
        );
    }
}
