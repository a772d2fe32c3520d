//! A look and what comes of it, in one writer's turn.

use super::super::look::{self, Scope, Sight};
use super::super::session::Revision;
use super::super::told::Told;
use super::super::{Applied, PersonNow, given};
use super::session::PgSession;
use super::{StoreError, apply, leases, observe};
use rosterd_core::writes::Writes;

/// See [`super::super::Store::revise`]. The transaction is the caller's to commit.
pub(super) async fn revise(
    session: &mut PgSession,
    r: Revision,
) -> Result<(Option<Applied>, Vec<Option<PersonNow>>), StoreError> {
    let everybody = matches!(r.scope, Scope::Everybody);
    let mut sight = match &r.scope {
        Scope::People(whom) => look::look(session, &r.provider, whom, r.window, r.now, &r.kept).await?,
        Scope::Everybody => {
            let observed = observe::observe(session.c()?, &r.provider, r.window).await?;
            let given = given::given(session, &r.provider).await?;
            Sight { observed, given, ..Sight::default() }
        }
    };
    let provider = sight.observed.provider.as_ref().map(|provider| provider.id.into());
    let (told, tail) = (Told::of(r.scope, &sight), sight.tail.take());
    let decision = (r.decide)(sight);
    if let (Some(number), Some(provider)) = (decision.finished, provider) {
        look::note_finished(session, &r.kept, provider, number).await?;
    }
    let people = told.map_or_else(Vec::new, |told| told.people(decision.writes.as_deref()));
    let Some(writes) = decision.writes else { return Ok((None, people)) };
    at_generation(session, &writes)?;
    if everybody || writes.epoch.is_some() {
        leases::fence(session.c()?, &writes).await?;
    }
    let applied = apply::apply(session.turn()?, &writes, r.now, tail, !everybody).await?;
    look::note_applied(session, &r.kept, &writes).await?;
    Ok((Some(applied), people))
}

/// What was planned at another generation is not written.
pub(super) fn at_generation(session: &mut PgSession, writes: &Writes) -> Result<(), StoreError> {
    if session.turn()?.generation == writes.generation { Ok(()) } else { Err(StoreError::Moved) }
}
