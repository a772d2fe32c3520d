//! Grafana's files, read as Grafana reads them. Nothing here knows what a key means.

mod ini;
mod json;
mod list;
mod toml;
mod variable;

pub(super) use ini::Ini;
pub(super) use json::json;
pub(super) use list::list;
pub(super) use toml::{Key, Table, Value, tables};
pub(super) use variable::{Secret, expand, secret};
