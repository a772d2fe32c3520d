//! Logging in with a browser (SAML 2.0 Profiles §4.1), and out again (§4.4).

use super::super::{
    Away, Back, Begun, BrowserLogin, Carried, Drawn, Finished, Leave, Leaving, LoggedOut, LoginError, RenewError,
    Renewed,
};
use super::{SamlLogin, said};
use crate::config::{SamlBinding, Secret};
use crate::saml::metadata::{Idp, ServiceProvider};
use crate::saml::{Answers, AuthnRequest, Ended, LogoutRequest, LogoutResponse, Part};
use async_trait::async_trait;
use rosterd_core::ids::Timestamp;
use serde::{Deserialize, Serialize};

/// What the answer is held against.
#[derive(Deserialize, Serialize)]
struct Kept {
    request: String,
}

impl SamlLogin {
    fn request(
        &self,
        idp: &Idp,
        callback: &str,
        drawn: &Drawn,
        (id, now): (&str, Timestamp),
    ) -> Result<Away, LoginError> {
        let post = self.config.binding == SamlBinding::Post;
        let places =
            if post { [&idp.sign_on.post, &idp.sign_on.redirect] } else { [&idp.sign_on.redirect, &idp.sign_on.post] };
        let place = places.into_iter().flatten().next().ok_or_else(unable)?;
        let by_form = Some(place) == idp.sign_on.post.as_ref() && (post || idp.sign_on.redirect.is_none());
        if idp.wants_signed && self.keys.is_empty() {
            let why = "the identity provider takes signed requests only: `keys` must have one".to_owned();
            return Err(LoginError::Wrong("no-key", why));
        }
        let request = AuthnRequest {
            id,
            issued_at: now,
            destination: place,
            consumer: callback,
            entity_id: &self.config.entity_id,
            format: self.config.name_id_format.uri(),
        };
        let (state, key) = (drawn.state.expose(), self.keys.first());
        Ok(if by_form {
            let message = request.form(key).ok_or_else(unable)?;
            let fields = vec![(Part::Request.name(), message), ("RelayState", state.to_owned())];
            Away::Form { action: place.clone(), fields }
        } else {
            Away::Address(request.address(Some(state), key).ok_or_else(unable)?)
        })
    }
}

#[async_trait]
impl BrowserLogin for SamlLogin {
    /// `hint`: nothing that a request has a place for.
    async fn begin(
        &self,
        callback: &str,
        drawn: &Drawn,
        _hint: Option<&str>,
        now: Timestamp,
    ) -> Result<Begun, LoginError> {
        let idp = self.source.idp(now).await?;
        let request = format!("_{}", drawn.nonce.expose());
        let away = self.request(&idp, callback, drawn, (&request, now))?;
        let kept = serde_json::to_string(&Kept { request }).map_err(|_| unable())?;
        Ok(Begun { away, kept })
    }

    fn state_name(&self) -> &'static str {
        "RelayState"
    }

    fn begins_itself(&self) -> bool {
        self.config.idp_initiated
    }

    async fn finish(
        &self,
        callback: &str,
        back: &Back,
        kept: Option<&str>,
        now: Timestamp,
    ) -> Result<Finished, LoginError> {
        let none = || LoginError::Wrong("callback-form", "the identity provider's answer has no response".to_owned());
        let text = crate::saml::unpacked(back.get(Part::Response.name()).ok_or_else(none)?)?;
        let kept: Option<Kept> = kept
            .map(serde_json::from_str)
            .transpose()
            .map_err(|_| LoginError::Wrong("callback-form", "what was kept of the login is damaged".to_owned()))?;
        let answers = match &kept {
            Some(kept) => Answers::Request(&kept.request),
            None if self.config.idp_initiated => Answers::Nothing,
            None => return Err(LoginError::Wrong("login-unknown", "no login has begun here".to_owned())),
        };
        let statement = self.believed(&text, vec![callback], answers, now).await?;
        let said = said::said(&self.config, self.addresses_link, &statement)?;
        let name = statement.name;
        let logout = LogoutRequest {
            name: name.value.clone(),
            format: name.format,
            qualifier: name.qualifier,
            sp_qualifier: name.sp_qualifier,
            session: statement.session.clone(),
        };
        Ok(Finished {
            said,
            sub: name.value,
            session: statement.session,
            hint: serde_json::to_string(&logout).ok().map(Secret::new),
            grant: None,
            once: Some((statement.id, self.takes_until(now))),
        })
    }

    async fn renew(&self, _grant: &Secret, _now: Timestamp) -> Result<Renewed, RenewError> {
        Err(unable().into())
    }

    async fn logout(&self, hint: Option<&Secret>, leaving: &Leaving<'_>) -> Option<String> {
        let who: LogoutRequest = serde_json::from_str(hint?.expose()).ok()?;
        let idp = self.source.idp(leaving.now).await.ok()?;
        let id = format!("_{}", leaving.id);
        who.address(idp.logout.redirect.as_deref()?, &self.config.entity_id, &id, leaving.now, self.keys.first())
    }

    async fn logs_out_at(&self, now: Timestamp) -> Option<String> {
        self.source.idp(now).await.ok()?.logout.redirect.clone()
    }

    async fn logged_out(&self, _message: &str, _now: Timestamp) -> Result<LoggedOut, LoginError> {
        Err(LoginError::Wrong("no-back-channel", "the provider sends no logouts itself".to_owned()))
    }

    async fn logging_out(&self, place: &str, message: Carried<'_>, now: Timestamp) -> Result<Leave, LoginError> {
        let idp = self.source.idp(now).await?;
        let expected = self.expected(&idp, vec![place], Answers::Nothing, now);
        let ended = match message {
            Carried::Query(query) => Ended::of_query(query, self.trust(&idp), &expected)?,
            Carried::Form(form) => match (form.get(Part::Request.name()), form.get(Part::Response.name())) {
                (Some(request), None) => {
                    let state = form.get("RelayState").map(str::to_owned);
                    Some(Ended::of_form(request, state, self.trust(&idp), &expected).await?)
                }
                (None, Some(_)) => None,
                _ => return Err(LoginError::Wrong("binding-form", "the form does not hold one message".to_owned())),
            },
        };
        let Some(ended) = ended else { return Ok(Leave::Answered) };
        let answer = self.answer(&idp, &ended, now)?;
        let until = self.takes_until(now);
        let one = |session: Option<String>| LoggedOut {
            sub: Some(ended.name.clone()),
            session,
            subject: None,
            id: ended.id.clone(),
            until,
        };
        let who = match ended.sessions.as_slice() {
            [] => vec![one(None)],
            some => some.iter().cloned().map(|session| one(Some(session))).collect(),
        };
        Ok(Leave::Ended { who, answer })
    }

    fn described(&self, callback: &str, logout: &str, now: Timestamp) -> Option<String> {
        let own = ServiceProvider {
            entity_id: &self.config.entity_id,
            consumer: callback,
            logout,
            format: self.config.name_id_format.uri(),
            wants_signed: matches!(
                self.config.signed,
                crate::config::SamlSigned::Assertion | crate::config::SamlSigned::Both
            ),
            keys: &self.keys,
        };
        own.xml(now)
    }
}

impl SamlLogin {
    /// Until when a message that came now would be taken again, if it did not count once.
    fn takes_until(&self, now: Timestamp) -> Timestamp {
        now.plus_millis(self.config.max_age.millis().saturating_add(2 * self.config.clock_skew.millis()))
    }

    fn answer(&self, idp: &Idp, ended: &Ended, now: Timestamp) -> Result<Away, LoginError> {
        // An answer's id is nobody's secret: it has to be another for each message.
        let id = format!("_r{}", ended.id);
        let response =
            |place| LogoutResponse { id: &id, answers: &ended.id, place, entity_id: &self.config.entity_id, now };
        let (state, key) = (ended.relay_state.as_deref(), self.keys.first());
        if let Some(place) = &idp.logout.answer_redirect {
            return Ok(Away::Address(response(place).address(state, key).ok_or_else(unable)?));
        }
        let action = idp.logout.answer_post.clone().ok_or_else(unable)?;
        let mut fields = vec![(Part::Response.name(), response(&action).form(key).ok_or_else(unable)?)];
        fields.extend(state.map(|state| ("RelayState", state.to_owned())));
        Ok(Away::Form { action, fields })
    }
}

fn unable() -> LoginError {
    LoginError::Unreachable("the identity provider's metadata has no place for it, or nothing can be signed".to_owned())
}
