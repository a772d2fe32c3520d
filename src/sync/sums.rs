//! Who gains and who loses, person by person and organization by organization.

use super::Prepared;
use rosterd_core::rights::{OrgRole, TeamRole};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// One right that somebody gains or loses.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Right {
    /// Empty for what concerns the whole installation.
    org: String,
    team: String,
    old: Option<String>,
    new: Option<String>,
}

/// People with what each of them gains, or loses.
type People = BTreeMap<String, Vec<Right>>;

/// See the module's text.
#[derive(Debug, Default)]
pub struct Sums {
    gains: People,
    losses: People,
}

impl Sums {
    /// What these plans come to.
    #[must_use]
    pub fn of(plans: &[Prepared]) -> Self {
        let mut sums = Self::default();
        for prepared in plans {
            for change in &prepared.plan.changes {
                sums.add(&prepared.plan.change_json(change));
            }
        }
        sums
    }

    fn add(&mut self, change: &Value) {
        let text = |key: &str| change.get(key).and_then(Value::as_str).map(str::to_owned);
        let Some(user) = text("user") else { return };
        let (org, team) = (text("org").unwrap_or_default(), text("team").unwrap_or_default());
        let right = |old: Option<String>, new: Option<String>| Right { org, team, old, new };
        let (gains, right) = match text("kind").unwrap_or_default().as_str() {
            "org_role" => (rank(text("new"), org_rank) > rank(text("old"), org_rank), right(text("old"), text("new"))),
            "team_role" => {
                (rank(text("new"), team_rank) > rank(text("old"), team_rank), right(text("old"), text("new")))
            }
            "server_admin" => {
                let given = change.get("new").and_then(Value::as_bool) == Some(true);
                let admin = Some("server admin".to_owned());
                (given, if given { right(None, admin) } else { right(admin, None) })
            }
            "suspend_user" => (false, right(Some("an active account".to_owned()), None)),
            "resume_user" => (true, right(None, Some("an active account".to_owned()))),
            _ => return,
        };
        let people = if gains { &mut self.gains } else { &mut self.losses };
        let rights = people.entry(user).or_default();
        rights.push(right);
        // What concerns the whole installation first.
        rights.sort_by(|a, b| (&a.org, &a.team).cmp(&(&b.org, &b.team)));
    }

    /// Of each organization, how many people gain and how many lose something there.
    fn orgs(&self) -> BTreeMap<&str, (usize, usize)> {
        let count = |people: &People, org: &str| {
            people.values().filter(|rights| rights.iter().any(|right| right.org == org)).count()
        };
        let rights = self.gains.values().chain(self.losses.values()).flatten();
        let orgs: BTreeSet<&str> = rights.map(|right| right.org.as_str()).filter(|org| !org.is_empty()).collect();
        orgs.into_iter().map(|org| (org, (count(&self.gains, org), count(&self.losses, org)))).collect()
    }

    /// For people. Writing to a String cannot fail, which is why results of `writeln!` are dropped.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        for (head, people) in [("who gains", &self.gains), ("who loses", &self.losses)] {
            let _ = writeln!(out, "\n{head}");
            if people.is_empty() {
                out.push_str("  nobody\n");
            }
            for (user, rights) in people {
                let rights: Vec<String> = rights.iter().map(Right::shown).collect();
                let _ = writeln!(out, "  {user}: {}", rights.join("; "));
            }
        }
        out.push('\n');
        for (org, (gain, lose)) in self.orgs() {
            let _ = writeln!(out, "{org}: {gain} gain, {lose} lose");
        }
        out
    }

    /// `gains`, `losses` and `orgs`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let people = |people: &People| {
            let one = |(user, rights): (&String, &Vec<Right>)| json!({ "user": user, "rights": rights.iter().map(Right::to_json).collect::<Vec<_>>() });
            people.iter().map(one).collect::<Vec<_>>()
        };
        let org = |(org, (gain, lose)): (&str, (usize, usize))| json!({ "org": org, "gain": gain, "lose": lose });
        json!({
            "gains": people(&self.gains),
            "losses": people(&self.losses),
            "orgs": self.orgs().into_iter().map(org).collect::<Vec<_>>(),
        })
    }
}

impl Right {
    fn shown(&self) -> String {
        let place = match (self.org.as_str(), self.team.as_str()) {
            ("", _) => String::new(),
            (org, "") => format!("{org}: "),
            (org, team) => format!("{org} › {team}: "),
        };
        match (&self.old, &self.new) {
            (Some(old), Some(new)) => format!("{place}{old} → {new}"),
            (Some(one), None) | (None, Some(one)) => format!("{place}{one}"),
            (None, None) => place,
        }
    }

    fn to_json(&self) -> Value {
        let place = |text: &str| if text.is_empty() { Value::Null } else { text.into() };
        let pairs = [
            ("org", place(&self.org)),
            ("team", place(&self.team)),
            ("old", self.old.clone().into()),
            ("new", self.new.clone().into()),
        ];
        Value::Object(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>())
    }
}

fn rank(role: Option<String>, of: impl Fn(&str) -> Option<u8>) -> Option<u8> {
    role.and_then(|role| of(&role))
}

fn org_rank(role: &str) -> Option<u8> {
    OrgRole::parse(role).map(|role| role as u8)
}

fn team_rank(role: &str) -> Option<u8> {
    TeamRole::parse(role).map(|role| role as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raised_role_is_a_gain_and_a_lowered_one_a_loss() {
        let mut sums = Sums::default();
        for change in [
            json!({ "kind": "org_role", "user": "ana", "org": "Main", "old": "Viewer", "new": "Editor" }),
            json!({ "kind": "org_role", "user": "bo", "org": "Main", "old": "Editor", "new": null }),
            json!({ "kind": "org_role", "user": "bo", "org": "Ops", "old": null, "new": "None" }),
            json!({ "kind": "team_role", "user": "cy", "org": "Ops", "team": "sre", "old": "admin", "new": "member" }),
            json!({ "kind": "server_admin", "user": "cy", "new": false }),
            json!({ "kind": "suspend_user", "user": "di", "reason": "gone" }),
            json!({ "kind": "create_user", "user": "eve" }),
            json!({ "kind": "create_org", "org": "Ops" }),
        ] {
            sums.add(&change);
        }
        let text = sums.text();
        let expected = "\nwho gains\n  ana: Main: Viewer → Editor\n  bo: Ops: None\n\nwho loses\n  bo: Main: Editor\n  \
                        cy: server admin; Ops › sre: admin → member\n  di: an active account\n\n\
                        Main: 1 gain, 1 lose\nOps: 1 gain, 1 lose\n";
        assert_eq!(text, expected);
        assert_eq!(sums.to_json()["losses"][1]["user"], "cy");
        assert_eq!(sums.to_json()["orgs"][0], json!({ "org": "Main", "gain": 1, "lose": 1 }));
    }
}
