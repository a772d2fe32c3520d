//! A plan for people and for programs: text, Markdown, JSON. One order always: organizations and
//! teams, then accounts, then memberships by organization, team and login.

use super::lines::{self, Line};
use super::{Change, Effect, Exceeded, Plan, Reason};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// How to print a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Text,
    Markdown,
}

/// A plan in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    pub added: u32,
    pub changed: u32,
    pub removed: u32,
    pub withheld: u32,
}

impl Plan {
    /// How much is added, changed, removed and withheld.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let mut summary = Summary { withheld: self.withheld.len() as u32, ..Summary::default() };
        for change in &self.changes {
            match change.effect() {
                Effect::Add => summary.added += 1,
                Effect::Change | Effect::Lower => summary.changed += 1,
                Effect::Remove => summary.removed += 1,
            }
        }
        summary
    }

    /// The plan as text, ending with a line end.
    #[must_use]
    pub fn render(&self, form: Form) -> String {
        let mut out = String::new();
        let (people, groups) = self.read();
        let read = if self.complete { "complete read" } else { "INCOMPLETE read" };
        let head = format!("{}: {read} of {people} people and {groups} groups", self.provider);
        match form {
            Form::Text => out.push_str(&head),
            Form::Markdown => {
                let _ = write!(out, "## {head}\n\n```diff");
            }
        }
        out.push('\n');
        for gap in &self.gaps {
            let _ = writeln!(out, "! {gap}");
        }
        if !self.gaps.is_empty() {
            out.push_str("! nothing is removed, because what was not read may still be there\n");
        }
        self.lines(&mut out, &self.changes, None);
        if !self.withheld.is_empty() {
            out.push_str("withheld, so that an Admin remains:\n");
            self.lines(&mut out, &self.withheld, Some('!'));
        }
        for exceeded in &self.exceeded {
            let _ = writeln!(out, "! over a limit: {}", self.sentence(exceeded));
        }
        for note in &self.notes {
            let _ = writeln!(out, "note: {note}");
        }
        if form == Form::Markdown {
            out.push_str("```\n\n");
        }
        lines::sum(&mut out, self.summary());
        out
    }

    fn lines(&self, out: &mut String, changes: &[Change], sign: Option<char>) {
        let lines: Vec<Line> = self.ordered(changes).into_iter().map(|change| self.line(change)).collect();
        lines::columns(out, &lines, sign);
    }

    /// The changes in the order in which they are shown.
    pub(super) fn ordered<'c>(&self, changes: &'c [Change]) -> Vec<&'c Change> {
        let mut ordered: Vec<&Change> = changes.iter().collect();
        ordered.sort_by_cached_key(|change| {
            let user = change.user().map_or("", |user| self.login(user)).to_owned();
            let team = |team| {
                let (org, team) = self.team_name(team);
                (org.to_owned(), team.to_owned())
            };
            let (rank, (org, team)) = match **change {
                Change::CreateOrg { org } => (0, (self.org_name(org).to_owned(), String::new())),
                Change::RenameOrg { org, .. } => (1, (self.org_name(org).to_owned(), String::new())),
                Change::RenameTeam { team: id, .. } => (2, team(id)),
                Change::CreateTeam { team: id } => (3, team(id)),
                Change::CreateUser { .. } => (4, Default::default()),
                Change::Link { .. } => (5, Default::default()),
                Change::UpdateUser { field, .. } => (6, (String::new(), field.name().to_owned())),
                Change::Resume { .. } => (7, Default::default()),
                Change::Suspend { .. } => (8, Default::default()),
                Change::Archive { .. } => (9, Default::default()),
                Change::ServerAdmin { .. } => (10, Default::default()),
                Change::OrgRole { org, .. } => (11, (self.org_name(org).to_owned(), String::new())),
                Change::TeamRole { team: id, .. } => (11, team(id)),
                Change::Entitlement { entitlement, .. } => {
                    let name = self.entitlement_name(entitlement);
                    (12, (name.org.unwrap_or_default().to_owned(), name.what()))
                }
            };
            (rank, org, team, user)
        });
        ordered
    }

    fn line(&self, change: &Change) -> Line {
        let sign = change.effect().sign();
        let who = change.user().map_or_else(String::new, |user| self.login(user).to_owned());
        let team_place = |team| {
            let (org, team) = self.team_name(team);
            format!("{org} › {team}")
        };
        let text = |text| self.snapshot.texts.get(text);
        let (kind, place, what, why) = match *change {
            Change::CreateOrg { org } => ("org", self.org_name(org).to_owned(), String::new(), String::new()),
            Change::RenameOrg { org, old, new } => {
                let what = format!("{} → {}", text(old), text(new));
                ("org", self.org_name(org).to_owned(), what, "its declared name".to_owned())
            }
            Change::CreateTeam { team } => ("team", team_place(team), String::new(), String::new()),
            Change::RenameTeam { team, old, new } => {
                ("team", team_place(team), format!("{} → {}", text(old), text(new)), "its group was renamed".to_owned())
            }
            Change::CreateUser { .. } => ("user", String::new(), "new".to_owned(), String::new()),
            Change::Link { .. } => {
                ("user", String::new(), "linked".to_owned(), format!("also known to {}", self.provider))
            }
            Change::UpdateUser { field, old, new, .. } => {
                ("user", String::new(), format!("{}: {:?} → {:?}", field.name(), text(old), text(new)), String::new())
            }
            Change::Suspend { reason, .. } => {
                ("user", String::new(), "suspended".to_owned(), reason.sentence(&self.provider))
            }
            Change::Resume { .. } => {
                ("user", String::new(), "active again".to_owned(), format!("back at {}", self.provider))
            }
            Change::Archive { .. } => {
                ("user", String::new(), "archived".to_owned(), "the grace period is over".to_owned())
            }
            Change::ServerAdmin { give, reason, .. } => {
                let what = if give { "yes" } else { "no" };
                ("server admin", String::new(), what.to_owned(), self.why(reason))
            }
            Change::OrgRole { org, old, new, reason, .. } => (
                "role",
                self.org_name(org).to_owned(),
                arrow(old.map(|r| r.name()), new.map(|r| r.name())),
                self.why(reason),
            ),
            Change::TeamRole { team, old, new, reason, .. } => {
                ("team role", team_place(team), arrow(old.map(|r| r.name()), new.map(|r| r.name())), self.why(reason))
            }
            Change::Entitlement { entitlement, reason, .. } => {
                let name = self.entitlement_name(entitlement);
                ("entitlement", name.place().to_owned(), name.what(), self.why(reason))
            }
        };
        Line { sign, kind, place, who, what, why }
    }

    fn why(&self, reason: Reason) -> String {
        let Some(rule) = reason.rule.get() else { return "nothing gives it any longer".to_owned() };
        let group = reason.via.get().and_then(|group| self.group_name(group));
        group.map_or_else(
            || format!("rule {}", self.rule_name(rule)),
            |group| format!("rule {}, group {group}", self.rule_name(rule)),
        )
    }

    /// A limit that is exceeded, as one sentence.
    #[must_use]
    pub fn sentence(&self, exceeded: &Exceeded) -> String {
        match *exceeded {
            Exceeded::Behind => format!(
                "provider {} stands before where it was read last: a replica that lags, or a copy from before",
                self.provider
            ),
            Exceeded::NobodyRenewed { people } => format!(
                "nobody of the {people} people of provider {} has logged in for a whole lease: it looks like an outage",
                self.provider
            ),
            Exceeded::NotRechecked { people } => format!(
                "what re-checks the people of provider {} was not read completely for a whole lease, \
                 and has {people} of those whose leases would end: it looks like an outage",
                self.provider
            ),
            Exceeded::Empty { before } => {
                format!("provider {} returned nobody; it had {before} people", self.provider)
            }
            Exceeded::Removals { class, org, removed, recent, of, percent, at_least } => {
                let place = org.map_or_else(String::new, |org| format!(" of {}", self.org_name(org)));
                let recently = if recent > 0 { format!(" and {recent} shortly before") } else { String::new() };
                let class = class.name();
                format!(
                    "{removed} {class}{place} removed{recently}, of {of}; the limit is {percent} % from {at_least} on"
                )
            }
            Exceeded::EmptiedTeam { team, before } => {
                let (org, team) = self.team_name(team);
                format!("the team {org} › {team} would lose all of its {before} members")
            }
            Exceeded::EmptiedOrg { org, before } => {
                format!("the organization {} would lose all of its {before} members", self.org_name(org))
            }
            Exceeded::PrivilegedGains { gained, recent, most } => {
                let recently = if recent > 0 { format!(" after {recent} shortly before") } else { String::new() };
                format!("{gained} people become Admin{recently}; the limit is {most}")
            }
        }
    }

    /// The plan as JSON, without its hash.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let (people, groups) = self.read();
        let changes = |changes: &[Change]| -> Vec<Value> {
            self.ordered(changes).into_iter().map(|change| self.change_json(change)).collect()
        };
        let Summary { added, changed, removed, withheld } = self.summary();
        json!({
            "provider": self.provider,
            "read": { "complete": self.complete, "people": people, "groups": groups,
                      "gaps": self.gaps.iter().map(|g| json!({ "code": g.code, "detail": g.detail })).collect::<Vec<_>>() },
            "summary": { "added": added, "changed": changed, "removed": removed, "withheld": withheld },
            "changes": changes(&self.changes),
            "withheld": changes(&self.withheld),
            "exceeded": self.exceeded.iter().map(|e| self.sentence(e)).collect::<Vec<_>>(),
            "notes": self.notes,
        })
    }

    /// One change as JSON.
    #[must_use]
    pub fn change_json(&self, change: &Change) -> Value {
        let mut out = Map::new();
        let effect = match change.effect() {
            Effect::Add => "add",
            Effect::Change | Effect::Lower => "change",
            Effect::Remove => "remove",
        };
        out.insert("effect".to_owned(), effect.into());
        let mut put = |key: &str, value: Value| out.insert(key.to_owned(), value);
        let text = |text| Value::from(self.snapshot.texts.get(text));
        let mut reason_of = None;
        let kind = match *change {
            Change::CreateOrg { org } => {
                put("org", self.org_name(org).into());
                "create_org"
            }
            Change::RenameOrg { org, old, new } => {
                put("org", self.org_name(org).into());
                put("old", text(old));
                put("new", text(new));
                "rename_org"
            }
            Change::CreateTeam { team } => {
                let (org, team) = self.team_name(team);
                put("org", org.into());
                put("team", team.into());
                "create_team"
            }
            Change::RenameTeam { team, old, new } => {
                put("org", self.team_name(team).0.into());
                put("old", text(old));
                put("new", text(new));
                "rename_team"
            }
            Change::CreateUser { .. } => "create_user",
            Change::Link { .. } => "link_user",
            Change::UpdateUser { field, old, new, .. } => {
                put("field", field.name().into());
                put("old", text(old));
                put("new", text(new));
                "update_user"
            }
            Change::Suspend { reason, .. } => {
                put("reason", reason.sentence(&self.provider).into());
                "suspend_user"
            }
            Change::Resume { .. } => "resume_user",
            Change::Archive { .. } => "archive_user",
            Change::ServerAdmin { give, reason, .. } => {
                put("new", give.into());
                reason_of = Some(reason);
                "server_admin"
            }
            Change::OrgRole { org, old, new, reason, .. } => {
                put("org", self.org_name(org).into());
                put("old", old.map(|r| r.name()).into());
                put("new", new.map(|r| r.name()).into());
                reason_of = Some(reason);
                "org_role"
            }
            Change::TeamRole { team, old, new, reason, .. } => {
                let (org, team) = self.team_name(team);
                put("org", org.into());
                put("team", team.into());
                put("old", old.map(|r| r.name()).into());
                put("new", new.map(|r| r.name()).into());
                reason_of = Some(reason);
                "team_role"
            }
            Change::Entitlement { entitlement, give, reason, .. } => {
                let name = self.entitlement_name(entitlement);
                put("org", name.org.into());
                put("role", name.role.into());
                put("acts_for", name.person.into());
                put("scope", name.scope.into());
                put("parameters", serde_json::from_str(name.parameters).unwrap_or_default());
                put("new", give.into());
                reason_of = Some(reason);
                "entitlement"
            }
        };
        if let Some(user) = change.user() {
            put("user", self.login(user).into());
        }
        if let Some(reason) = reason_of {
            put("rule", reason.rule.get().map(|rule| self.rule_name(rule)).into());
            put("group", reason.via.get().and_then(|group| self.group_name(group)).into());
        }
        out.insert("kind".to_owned(), kind.into());
        Value::Object(out)
    }
}

fn arrow(old: Option<&str>, new: Option<&str>) -> String {
    match (old, new) {
        (None, Some(new)) => new.to_owned(),
        (Some(old), None) => old.to_owned(),
        (Some(old), Some(new)) => format!("{old} → {new}"),
        (None, None) => String::new(),
    }
}
