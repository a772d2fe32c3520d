//! What a plan for a few people needs: their rows, and those of whoever the plan could touch.
//!
//! One look costs a handful of statements whatever the installation's size. Organizations, teams
//! and rules, which a plan needs whole, are kept from one look to the next and read again when the
//! `structure` table says that they have changed, by whomever. Nothing is decided here.

mod neighbours;
mod rows;
mod sql;
mod structure;

pub(super) use structure::Kept;

use super::session::{Param, Session, id};
use super::{StoreError, feeds};
use rosterd_core::ids::{GroupId, IdentityId, OrgId, ProviderId, ReadingNumber, Timestamp};
use rosterd_core::observed::{Base, Grant, LastIds, Observed, ProviderRow, RemovalClass};
use rosterd_core::writes::Writes;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Whom a look is about, as their provider says: each by the immutable id, with the logins and
/// e-mail addresses that they have or want.
#[derive(Debug, Clone, Default)]
pub struct Whom {
    pub subjects: Vec<String>,
    pub logins: Vec<String>,
    /// In lower case.
    pub emails: Vec<String>,
    /// Immutable ids of all groups that they are in.
    pub groups: Vec<String>,
    /// Those whose lists of members are to be corrected, where changes are followed.
    pub listed: Vec<String>,
    /// Somebody who is new may be somebody whom another provider knows: look for equal logins and
    /// e-mail addresses there.
    pub link: bool,
}

/// What is to be planned against.
#[derive(Debug, Default)]
pub struct Sight {
    pub observed: Observed,
    /// What the provider gives now, of the identities in `observed`.
    pub given: Vec<(IdentityId, Grant)>,
    /// The newest full reading of the provider that is known to have been finished.
    pub finished: ReadingNumber,
    /// A plan of the provider waits for an approval.
    pub held: bool,
    /// Where the records end; `None` where it was not asked.
    pub(in crate::store) tail: Option<Tail>,
}

/// Behind what a write puts its run and its records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::store) struct Tail {
    /// The provider's name, as the records say.
    pub(in crate::store) actor: String,
    /// The newest run, or 0.
    pub(in crate::store) run: i64,
    /// The number and hash of the last record.
    pub(in crate::store) audit: Option<(i64, Vec<u8>)>,
}

/// The id of a provider of whom nothing was written yet: nobody is its, and everybody another's.
const NOT_YET: i64 = 0;

/// Looks at a few people.
pub(super) async fn look(
    db: &mut dyn Session,
    provider: &str,
    whom: &Whom,
    window: Timestamp,
    now: Timestamp,
    kept: &Kept,
) -> Result<Sight, StoreError> {
    let lists = [&whom.subjects, &whom.logins, &whom.groups].map(list);
    let [subjects, logins, groups] = lists.each_ref().map(|list| Param::Text(Some(list)));
    let name = Param::Text(Some(provider));
    let asked: [(&'static str, &[Param<'_>]); 2] = [
        (sql::PROVIDER, &[name, Param::Int(Some(now.0))]),
        (sql::LOOK.of(db.dialect()), &[name, subjects, logins, groups, Param::Int(Some(window.0))]),
    ];
    let mut answers = db.several(&asked).await?;
    let (people, rows) = (answers.pop().unwrap_or_default(), answers.pop().unwrap_or_default());
    let row = rows.first().ok_or_else(|| StoreError::Database("the table `state` has no row".to_owned()))?;
    let mut sight = Sight { observed: kept.structure(db, row.int(1)?).await?, ..Sight::default() };
    sight.observed.scope = rosterd_core::observed::Scope::People;
    sight.observed.generation = row.int(0)?;
    sight.finished = ReadingNumber(row.opt_int(5)?.unwrap_or(0));
    sight.held = row.int(14)? > 0;
    sight.observed.last = LastIds {
        org: id("orgs.id", row.int(6)?)?,
        team: id("teams.id", row.int(7)?)?,
        user: id("users.id", row.int(8)?.max(row.int(9)?))?,
        provider: id("providers.id", row.int(10)?)?,
        group: id("provider_groups.id", row.int(11)?)?,
        identity: id("identities.id", row.int(12)?)?,
        rule: id("rules.id", row.int(13)?)?,
        entitlement: id("entitlements.id", row.int(18)?)?,
    };
    let audit = row.opt_int(16)?.map(|seq| Ok::<_, StoreError>((seq, row.bytes(17)?))).transpose()?;
    sight.tail = Some(Tail { actor: provider.to_owned(), run: row.int(15)?, audit });
    let number = row.opt_int(2)?.unwrap_or(NOT_YET);
    if number != NOT_YET {
        sight.finished = sight.finished.max(kept.finished(number));
        sight.observed.provider = Some(ProviderRow {
            id: id::<ProviderId>("providers.id", number)?,
            applied_at: row.opt_int(3)?.map(Timestamp),
            base: row.opt_text(4)?.map(|text| base(&text)).transpose()?,
        });
    }
    rows::fill(db, (number, provider), whom, &people, &mut sight).await?;
    if !whom.listed.is_empty() {
        listed(db, (number, provider), &whom.listed, &mut sight.observed).await?;
    }
    Ok(sight)
}

/// Who may be in these groups; in one that is new nobody was.
async fn listed(
    db: &mut dyn Session,
    (provider, name): (i64, &str),
    subjects: &[String],
    o: &mut Observed,
) -> Result<(), StoreError> {
    let of = list(subjects);
    let mut places: BTreeMap<GroupId, String> = BTreeMap::new();
    let params = [Param::Int(Some(provider)), Param::Text(Some(&of))];
    for row in db.rows(sql::LISTS.of(db.dialect()), &params).await? {
        let group = id("provider_groups.id", row.int(0)?)?;
        if let Some(digest) = row.opt_int(1)? {
            o.lists.push((group, digest));
        }
        places.insert(group, row.text(2)?);
    }
    o.lists.sort_unstable();
    let groups: Vec<GroupId> = places.keys().copied().collect();
    let mut members: BTreeMap<&str, Vec<IdentityId>> =
        subjects.iter().map(|subject| (subject.as_str(), Vec::new())).collect();
    for (group, people) in feeds::listed(db, name, &groups).await? {
        if let Some(list) = places.get(&group).and_then(|subject| members.get_mut(subject.as_str())) {
            *list = people;
        }
    }
    o.members = members.into_iter().map(|(subject, people)| (o.texts.push(subject), people)).collect();
    Ok(())
}

/// One line of `providers.base`: class, organization, how many.
type BaseLine = (String, Option<u32>, u32);

/// Reads `providers.base`: `{"present":3,"of":[["memberships",1,3]]}`.
fn base(text: &str) -> Result<Base, StoreError> {
    #[derive(serde::Deserialize)]
    struct Written {
        present: u32,
        of: Vec<BaseLine>,
    }
    let damaged = || StoreError::Database(format!("providers.base holds {text:.100?}, which rosterd does not know"));
    let written: Written = serde_json::from_str(text).map_err(|_| damaged())?;
    let line = |(class, org, count): BaseLine| {
        Some(((RemovalClass::parse(&class)?, org.map(OrgId)), count)).filter(|(_, count)| *count > 0)
    };
    let of = written.of.into_iter().map(|entry| line(entry).ok_or_else(damaged)).collect::<Result<_, _>>()?;
    Ok(Base { of, present: written.present })
}

/// Writes what [`base`] reads.
pub(super) fn base_text(base: &Base) -> String {
    let of: Vec<(&str, Option<u32>, u32)> =
        base.of.iter().map(|((class, org), count)| (class.name(), org.map(|org| org.0), *count)).collect();
    serde_json::json!({ "present": base.present, "of": of }).to_string()
}

/// See [`super::Store::finished`]. In the writers' turn.
pub(super) async fn finish(
    db: &mut dyn Session,
    kept: &Kept,
    provider: &str,
    finished: Finished,
    generation: i64,
) -> Result<(), StoreError> {
    let state = db.rows("SELECT generation FROM state WHERE one = 1", &[]).await?;
    if state.first().map(|row| row.int(0)).transpose()? != Some(generation) {
        return Err(StoreError::Moved);
    }
    let known = db.rows("SELECT id FROM providers WHERE name = $1", &[Param::Text(Some(provider))]).await?;
    match known.first() {
        Some(row) => note_finished(db, kept, row.int(0)?, finished).await,
        // Nothing of it was ever written.
        None => Ok(()),
    }
}

/// Notes that a full reading was finished, in the transaction that wrote what it found. Where there
/// is no lease, nobody but this process looks at people.
pub(super) async fn note_finished(
    db: &mut dyn Session,
    kept: &Kept,
    provider: i64,
    Finished { number, read_at }: Finished,
) -> Result<(), StoreError> {
    kept.finish(provider, number);
    if let Some(at) = read_at {
        let sql = "UPDATE providers SET read_at = $2 WHERE id = $1";
        db.run(sql, &[Param::Int(Some(provider)), Param::Int(Some(at.0))]).await?;
    }
    let sql = "UPDATE leases SET reading = $2
               WHERE provider = (SELECT name FROM providers WHERE id = $1) AND reading < $2";
    db.run(sql, &[Param::Int(Some(provider)), Param::Int(Some(number.0))]).await.map(drop)
}

/// The same for what an apply wrote, if it was of everybody.
pub(super) async fn note_applied(db: &mut dyn Session, kept: &Kept, w: &Writes) -> Result<(), StoreError> {
    match w.provider.filter(|_| w.base.is_some()) {
        Some(provider) => {
            let finished = Finished { number: w.reading, read_at: w.read_at };
            note_finished(db, kept, provider.into(), finished).await
        }
        None => Ok(()),
    }
}

/// A list as the one argument that both databases take: a JSON array.
pub(super) fn list<T: serde::Serialize>(items: impl IntoIterator<Item = T>) -> String {
    serde_json::Value::from_iter(items.into_iter().map(|item| serde_json::json!(item))).to_string()
}

/// Of whom a plan is made while nobody else can write.
#[derive(Debug, Clone)]
pub enum Scope {
    Everybody,
    People(Whom),
}

/// What is done with a sight.
#[derive(Debug, Default)]
pub struct Decision {
    pub writes: Option<Arc<Writes>>,
    /// Nothing need be written of what this full reading found.
    pub finished: Option<Finished>,
}

/// A full reading that came to its end.
#[derive(Debug, Clone, Copy)]
pub struct Finished {
    pub number: ReadingNumber,
    /// When it was, where that is to be noted: see [`rosterd_core::plan::Plan::read_at`].
    pub read_at: Option<Timestamp>,
}

/// Called while everybody else waits.
pub type Decide = Box<dyn FnOnce(Sight) -> Decision + Send>;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests {
    use super::*;

    #[test]
    fn a_base_comes_back_as_it_was() {
        let of = [((RemovalClass::Memberships, Some(OrgId(7))), 3), ((RemovalClass::Users, None), 2)];
        let counted = Base { of: of.into_iter().collect(), present: 2 };
        let text = base_text(&counted);
        assert_eq!(text, r#"{"present":2,"of":[["users",null,2],["memberships",7,3]]}"#);
        assert_eq!(base(&text).unwrap(), counted);
        for bad in ["", "{}", r#"{"present":1,"of":[["friends",null,1]]}"#, r#"{"present":-1,"of":[]}"#] {
            assert!(base(bad).is_err(), "{bad}");
        }
    }
}
