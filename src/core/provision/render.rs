//! A plan for files, for people and for programs: text, Markdown, JSON; and its name.

use super::change::{Act, Change};
use super::observed::{HolderId, parameters_text};
use super::{Exceeded, PROVISIONING, Plan};
use crate::plan::lines::{self, Line};
use crate::plan::{Effect, Form, Summary};
use crate::text::hex;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

impl Change {
    fn line(&self) -> Line {
        let shown = &self.shown;
        let place = if shown.team.is_empty() { shown.org.clone() } else { format!("{} › {}", shown.org, shown.team) };
        let kind = match &self.act {
            Act::CreateOrg { .. } => "org",
            Act::CreateTeam { .. } => "team",
            Act::CreateAccount { .. } | Act::ResumeAccount { .. } | Act::DropAccount { .. } => "service account",
            Act::CreateRole { .. } | Act::ChangeRole { .. } | Act::DeleteRole { .. } => "definition",
            Act::Member { .. } => "role",
            Act::TeamMember { .. } => "team role",
            Act::Hold { .. } => "holds",
            Act::Limit { .. } => "limit",
        };
        let what = [shown.about.as_str(), shown.what.as_str()].into_iter().filter(|text| !text.is_empty());
        let what = what.collect::<Vec<_>>().join(": ");
        let why = self.at.as_ref().map_or_else(|| "no file declares it any longer".to_owned(), ToString::to_string);
        Line { sign: self.effect().sign(), kind, place, who: shown.person.clone(), what, why }
    }

    /// As JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let effect = match self.effect() {
            Effect::Add => "add",
            Effect::Change | Effect::Lower => "change",
            Effect::Remove => "remove",
        };
        let mut out = Map::from_iter([("effect".to_owned(), effect.into()), ("kind".to_owned(), self.kind().into())]);
        let shown = &self.shown;
        let everybody = matches!(&self.act, Act::Hold { holder: HolderId::Org(_), .. });
        let about = if matches!(self.act, Act::Limit { .. }) { "limit" } else { "role" };
        let person = if everybody { "" } else { shown.person.as_str() };
        for (key, value) in [
            ("org", shown.org.as_str()),
            ("team", &shown.team),
            ("user", person),
            (about, &shown.about),
            ("what", &shown.what),
        ] {
            if !value.is_empty() {
                out.insert(key.to_owned(), value.into());
            }
        }
        if everybody {
            out.insert("everybody".to_owned(), true.into());
        }
        out.insert("declared".to_owned(), self.at.as_ref().map(ToString::to_string).into());
        Value::Object(out)
    }
}

impl Plan {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// How much is added, changed, removed and withheld.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let count = |of: &dyn Fn(Effect) -> bool| {
            u32::try_from(self.changes.iter().filter(|change| of(change.effect())).count()).unwrap_or(u32::MAX)
        };
        Summary {
            added: count(&|effect| effect == Effect::Add),
            changed: count(&|effect| matches!(effect, Effect::Change | Effect::Lower)),
            removed: count(&|effect| effect == Effect::Remove),
            withheld: u32::try_from(self.withheld.len()).unwrap_or(u32::MAX),
        }
    }

    /// As text, ending with a line end.
    #[must_use]
    pub fn render(&self, form: Form) -> String {
        let mut out = String::new();
        let files = if self.files == 1 { "file" } else { "files" };
        let head = format!("{PROVISIONING}: {} {files}", self.files);
        match form {
            Form::Text => out.push_str(&head),
            Form::Markdown => {
                let _ = write!(out, "## {head}\n\n```diff");
            }
        }
        out.push('\n');
        columns(&mut out, &self.changes, None);
        if !self.withheld.is_empty() {
            out.push_str("withheld, so that an Admin remains:\n");
            columns(&mut out, &self.withheld, Some('!'));
        }
        for exceeded in &self.exceeded {
            let _ = writeln!(out, "! over a limit: {}", exceeded.sentence());
        }
        for note in &self.notes {
            let _ = writeln!(out, "note: {}", lines::plain(note));
        }
        if form == Form::Markdown {
            out.push_str("```\n\n");
        }
        lines::sum(&mut out, self.summary());
        out
    }

    /// As JSON, without its hash.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let Summary { added, changed, removed, withheld } = self.summary();
        let changes = |changes: &[Change]| changes.iter().map(Change::to_json).collect::<Vec<_>>();
        json!({
            "files": self.files,
            "summary": { "added": added, "changed": changed, "removed": removed, "withheld": withheld },
            "changes": changes(&self.changes),
            "withheld": changes(&self.withheld),
            "exceeded": self.exceeded.iter().map(Exceeded::sentence).collect::<Vec<_>>(),
            "notes": self.notes,
        })
    }

    /// The name under which a plan over a limit is approved: over what it takes and its gains of privilege only. The
    /// place of a declaration is no part of it.
    #[must_use]
    pub fn harm_hash(&self, config_hash: &str) -> String {
        let mut hash = Sha256::new();
        for part in ["rosterd hold 1", PROVISIONING, config_hash] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        for moved in &self.desired.moved {
            let said = self.observed.said(&moved.name);
            hash.update(format!("{said} {} {}\n", moved.before, moved.now));
        }
        for change in self.changes.iter().filter(|change| change.removed() > 0 || change.gains()) {
            let mut said = change.to_json();
            said["declared"] = Value::Null;
            said["lost"] = self.lost(change).into();
            hash.update(format!("{said}\n"));
        }
        hex(&hash.finalize())
    }
}

impl Plan {
    /// The permissions that a role loses, one by one: which they are is what is approved.
    fn lost(&self, change: &Change) -> Vec<String> {
        let (Act::ChangeRole { role, .. } | Act::DeleteRole { role, .. }) = &change.act else { return Vec::new() };
        let after = self.desired.roles.get(role).map(|role| &role.content.permissions);
        let before = self.observed.roles.get(role).into_iter().flat_map(|role| &role.content.permissions);
        let lost = before.filter(|(what, parameters)| after.and_then(|after| after.get(*what)) != Some(parameters));
        lost.map(|((action, scope), parameters)| format!("{action} {scope} {}", parameters_text(parameters))).collect()
    }
}

fn columns(out: &mut String, changes: &[Change], sign: Option<char>) {
    let lines: Vec<Line> = changes.iter().map(Change::line).collect();
    lines::columns(out, &lines, sign);
}
