//! A look and what comes of it, in one transaction.

use super::super::look::{self, Scope, Sight};
use super::super::session::Revision;
use super::super::told::Told;
use super::super::{Applied, PersonNow, given};
use super::session::SqliteSession;
use super::{StoreError, apply, at_once, observe};
use rusqlite::Connection;

/// See [`super::super::Store::revise`].
pub(super) fn revise(
    connection: &mut Connection,
    r: Revision,
) -> Result<(Option<Applied>, Vec<Option<PersonNow>>), StoreError> {
    crate::fault::point("apply.begin");
    let mut session = SqliteSession::begin(connection, "BEGIN IMMEDIATE")?;
    let sight = match &r.scope {
        Scope::People(whom) => at_once(look::look(&mut session, &r.provider, whom, r.window, r.now, &r.kept))?,
        Scope::Everybody => {
            let observed = observe::within(session.connection(), &r.provider, r.window)?;
            let given = at_once(given::given(&mut session, &r.provider))?;
            Sight { observed, given, ..Sight::default() }
        }
    };
    let provider = sight.observed.provider.as_ref().map(|provider| provider.id.into());
    let told = Told::of(r.scope, &sight);
    let decision = (r.decide)(sight);
    if let (Some(number), Some(provider)) = (decision.finished, provider) {
        at_once(look::note_finished(&mut session, &r.kept, provider, number))?;
    }
    let people = told.map_or_else(Vec::new, |told| told.people(decision.writes.as_deref()));
    let applied = match decision.writes {
        Some(mut writes) => {
            let applied = apply::write_all(session.connection(), &mut writes, r.now)?;
            at_once(look::note_applied(&mut session, &r.kept, &writes))?;
            Some(applied)
        }
        None => None,
    };
    crate::fault::point("apply.commit");
    session.commit()?;
    crate::fault::point("apply.committed");
    Ok((applied, people))
}
