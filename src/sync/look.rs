//! One run for a few people: what a login asks for.
//!
//! ```text
//! find ──▶ (its turn) look ─▶ map ─▶ plan ─▶ limits ─▶ apply ─▶ as they are now
//! ```
//!
//! The provider is asked first, without holding anybody up. Then, in one short transaction and
//! while nobody else can write, the rows of these people are read, planned against and written.
//! Nothing that was read before the transaction can have changed in it, so that there is nothing to
//! try again, except where a later reading has overtaken this one.

use super::concerned::Candidates;
use super::engine::{Engine, RunError};
use super::few::whom;
use super::measure;
use crate::providers::{Found, Match, Said};
use crate::store::{Applied, Decide, Decision, PersonNow, Scope, Sight, Whom};
use rosterd_core::ids::{ReadingNumber, Timestamp};
use rosterd_core::observed::Observed;
use rosterd_core::plan::{self, Exceeded, Fate, Input, Losses, Plan, RunFacts};
use rosterd_core::renewal::Renewal;
use rosterd_core::snapshot::{PersonIndex, PersonKey, Reading};
use rosterd_core::writes::{CursorWrite, Trigger, Writes};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// How often a reading that was overtaken is made again.
const TRIES: usize = 3;

/// Somebody to be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Asked {
    /// The provider is to be asked.
    Key(PersonKey),
    /// A signed source says it all. One at a time.
    Said(Box<Said>),
}

/// What came of looking at somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    pub finding: Finding,
    /// The rules refuse the login (`allow`, `strict`, `on_no_match`).
    pub denied: bool,
    /// As the tables say after it. `None` for somebody who has no account.
    pub person: Option<PersonNow>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// What was wanted is written.
    Applied,
    /// All was as it should be.
    Unchanged,
    /// The provider knows nobody by that key. Nothing was done.
    Nobody,
    /// It knows several. Nothing was done.
    Several,
    /// Not everything could be read, for these reasons: rights were given, none taken.
    Incomplete(Vec<String>),
    /// Over a limit, for these reasons: nothing was done.
    Held(Vec<String>),
    /// The provider was never read in full, or is being read over and over: later.
    NotYet,
}

impl Finding {
    /// A stable word for outputs, logs and metrics.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Unchanged => "unchanged",
            Self::Nobody => "nobody",
            Self::Several => "several",
            Self::Incomplete(_) => "incomplete",
            Self::Held(_) => "held",
            Self::NotYet => "not_yet",
        }
    }
}

/// What a plan came to, before it is known whether it could be written.
#[derive(Debug)]
pub(super) enum Verdict {
    /// A later full reading was finished meanwhile.
    Overtaken,
    NotYet,
    /// A plan waits for an approval, and what was followed with it.
    Waiting,
    /// Several people are to leave these at once, and it was not looked into whether somebody is left.
    Losing(Losses),
    Held(Vec<String>),
    Planned {
        fates: Vec<Option<Fate>>,
        gaps: Vec<String>,
    },
}

/// How a reading of a few people is written.
#[derive(Debug, Clone)]
pub(super) struct How {
    pub(super) trigger: Trigger,
    /// Of the replica that leads the provider; `None` for a login, which any replica may see.
    pub(super) epoch: Option<i64>,
    /// Changes were followed, which is more careful than a login: see [`Following`].
    pub(super) followed: Option<Following>,
    pub(super) cursor: Option<CursorWrite>,
    /// A login said it.
    pub(super) login: Option<Renewal>,
}

/// What stands in the way of writing what was followed, besides the limits. While a plan waits for an approval
/// nothing is.
#[derive(Debug, Clone)]
pub(super) struct Following {
    /// Whoever may be in the groups that changed: where somebody has come into one since, it is followed again.
    pub(super) listed: Candidates,
    /// The groups of which everybody was looked at, by their immutable ids.
    pub(super) whole: BTreeSet<String>,
    /// Teams and organizations that so many may leave: somebody is left in them.
    pub(super) checked: Losses,
}

impl Engine {
    /// Reads these people and makes the tables say what the rules give them, and nothing about
    /// anybody else. In the order asked.
    ///
    /// # Errors
    /// When the provider cannot be asked or the database does not answer. Nothing was changed.
    pub async fn look(&self, provider: &str, asked: &[Asked], trigger: Trigger) -> Result<Vec<Looked>, RunError> {
        measure::look(provider, asked.len(), self.look_until(provider, asked, trigger)).await
    }

    async fn look_until(&self, provider: &str, asked: &[Asked], trigger: Trigger) -> Result<Vec<Looked>, RunError> {
        for _ in 0..TRIES {
            let Some(looked) = self.look_once(provider, asked, trigger).await? else { continue };
            if asked.len() > 1 && looked.iter().any(|one| matches!(one.finding, Finding::Held(_))) {
                return self.look_apart(provider, asked, trigger).await;
            }
            return Ok(looked);
        }
        Err(RunError::Configuration("full readings overtook this one again and again".to_owned()))
    }

    /// One after the other: what holds one of them need not hold the rest.
    async fn look_apart(&self, provider: &str, asked: &[Asked], trigger: Trigger) -> Result<Vec<Looked>, RunError> {
        let mut looked = Vec::with_capacity(asked.len());
        for one in asked {
            match self.look_once(provider, std::slice::from_ref(one), trigger).await? {
                Some(mut one) => looked.append(&mut one),
                None => looked.push(Looked { finding: Finding::NotYet, denied: false, person: None }),
            }
        }
        Ok(looked)
    }

    async fn look_once(
        &self,
        provider: &str,
        asked: &[Asked],
        trigger: Trigger,
    ) -> Result<Option<Vec<Looked>>, RunError> {
        let number = self.store.begin_reading().await?;
        let Found { reading, matches } = self.few(provider, asked).await?;
        let whom = whom(&self.config, provider, &reading);
        let how = How { trigger, epoch: None, followed: None, cursor: None, login: self.login(asked) };
        let (verdict, _, now_are) = self.few_written(provider, number, reading, whom, how).await?;
        Ok(self.tell(&matches, verdict, &now_are))
    }

    /// Plans with a reading of a few people and writes what comes of it, while nobody else can write.
    pub(super) async fn few_written(
        &self,
        provider: &str,
        number: ReadingNumber,
        reading: Reading,
        whom: Whom,
        how: How,
    ) -> Result<(Verdict, Option<Applied>, Vec<Option<PersonNow>>), RunError> {
        let people: Vec<PersonIndex> =
            (0u32..).zip(&reading.snapshot().people).map(|(at, _)| PersonIndex(at)).collect();
        let (now, window) = self.now();
        let verdict = Arc::new(Mutex::new(Verdict::NotYet));
        let decide: Decide = {
            let (verdict, provider) = (Arc::clone(&verdict), provider.to_owned());
            let (rules, policy) = (self.rules(&provider)?, super::rules::policy_for(&self.config, &provider));
            let listed = self.providers.contains_key(&provider);
            Box::new(move |sight: Sight| {
                let known = sight.observed.provider.as_ref().is_some_and(|p| p.applied_at.is_some());
                let (said, writes) = if listed && !known {
                    (Verdict::NotYet, None)
                } else if sight.finished > number {
                    (Verdict::Overtaken, None)
                } else if sight.held && how.followed.is_some() {
                    (Verdict::Waiting, None)
                } else if how.followed.as_ref().is_some_and(|known| somebody_came(&sight.observed, &known.listed)) {
                    (Verdict::Overtaken, None)
                } else {
                    let Sight { mut observed, given, held, .. } = sight;
                    observed.whole = Some(how.followed.as_ref().map(|known| known.whole.clone()).unwrap_or_default());
                    let reading = if held { reading.doubted("held", "a plan waits for an approval") } else { reading };
                    let (rules, policy) = (&*rules, &policy);
                    let (login, provider) = (how.login, &*provider);
                    let input = Input { provider, observed, reading, rules, policy, number, given, login, now };
                    settle(plan::plan(input), &people, how, now, policy.limits.emptied_at_least)
                };
                *verdict.lock().unwrap_or_else(PoisonError::into_inner) = said;
                Decision { writes, finished: None }
            })
        };
        let (applied, now_are) = self.store.revise(provider, Scope::People(whom), window, decide, now).await?;
        let verdict = std::mem::replace(&mut *verdict.lock().unwrap_or_else(PoisonError::into_inner), Verdict::NotYet);
        Ok((verdict, applied, now_are))
    }

    /// One answer for each who was asked for. `None`: it has to be read again.
    fn tell(&self, matches: &[Match], verdict: Verdict, now_are: &[Option<PersonNow>]) -> Option<Vec<Looked>> {
        let nobody = |finding| Looked { finding, denied: false, person: None };
        let one = |place: &Match| match place {
            Match::Nobody => nobody(Finding::Nobody),
            Match::Several => nobody(Finding::Several),
            Match::One(index) => {
                let at = index.0 as usize;
                let person = now_are.get(at).cloned().flatten();
                let (finding, denied) = match &verdict {
                    Verdict::Overtaken | Verdict::NotYet | Verdict::Waiting | Verdict::Losing(_) => {
                        (Finding::NotYet, false)
                    }
                    Verdict::Held(reasons) => (Finding::Held(reasons.clone()), false),
                    Verdict::Planned { fates, gaps } => finding(fates.get(at).copied().flatten(), gaps),
                };
                Looked { finding, denied, person }
            }
        };
        let overtaken = match &verdict {
            Verdict::Overtaken => true,
            Verdict::Planned { fates, .. } => fates.iter().flatten().any(|fate| fate.newer),
            Verdict::NotYet | Verdict::Waiting | Verdict::Losing(_) | Verdict::Held(_) => false,
        };
        (!overtaken).then(|| matches.iter().map(one).collect())
    }
}

fn finding(fate: Option<Fate>, gaps: &[String]) -> (Finding, bool) {
    let finding = match fate {
        _ if !gaps.is_empty() => Finding::Incomplete(gaps.to_vec()),
        Some(fate) if fate.changes => Finding::Applied,
        _ => Finding::Unchanged,
    };
    (finding, fate.is_some_and(|fate| fate.denied))
}

/// Whether somebody may be in a changed group of whom was not asked whether they left it.
fn somebody_came(observed: &Observed, known: &Candidates) -> bool {
    observed.members.iter().any(|(group, members)| {
        let known = known.get(observed.texts.get(*group)).map_or(&[][..], Vec::as_slice);
        members.iter().any(|person| known.binary_search(person).is_err())
    })
}

/// What is written of a plan, and what is said of it.
fn settle(
    plan: Plan,
    people: &[PersonIndex],
    how: How,
    started_at: Timestamp,
    emptied_at_least: u32,
) -> (Verdict, Option<Arc<Writes>>) {
    if !plan.exceeded.is_empty() {
        let reasons = plan.exceeded.iter().map(|exceeded: &Exceeded| plan.sentence(exceeded)).collect();
        if how.followed.is_none() {
            tracing::warn!(provider = %plan.provider, "a login is over a limit; nothing was applied");
        }
        return (Verdict::Held(reasons), None);
    }
    let gaps: Vec<String> = plan.gaps.iter().map(ToString::to_string).collect();
    if let Some(followed) = &how.followed {
        // Not even what would be given: what was half done when it was looked at may be half wrong.
        if !gaps.is_empty() {
            return (Verdict::Planned { fates: Vec::new(), gaps }, None);
        }
        let losses = plan.losses(emptied_at_least);
        if !losses.within(&followed.checked) {
            return (Verdict::Losing(losses), None);
        }
    }
    let fates = people.iter().map(|person| Some(plan.fate(*person))).collect();
    // Behind what is incomplete nobody goes on.
    let cursor = how.cursor.filter(|_| plan.complete);
    let facts = RunFacts { trigger: how.trigger, started_at, hold: None, epoch: how.epoch };
    let mut writes = plan.into_writes(facts);
    writes.cursor = cursor;
    let writes = (!writes.is_empty()).then(|| Arc::new(writes));
    (Verdict::Planned { fates, gaps }, writes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rosterd_core::ids::IdentityId;

    #[test]
    fn somebody_whom_a_login_put_into_a_changed_group_meanwhile_is_seen() {
        let mut observed = Observed::default();
        let group = observed.texts.push("g");
        observed.members.push((group, vec![IdentityId(1), IdentityId(3)]));
        let known =
            |people: &[u32]| Candidates::from([("g".to_owned(), people.iter().map(|n| IdentityId(*n)).collect())]);
        assert!(somebody_came(&observed, &known(&[1])));
        assert!(!somebody_came(&observed, &known(&[1, 2, 3])), "who may have been in it and is not does no harm");
        assert!(somebody_came(&observed, &Candidates::new()));
    }
}
