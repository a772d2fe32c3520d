//! What somebody's browser does, or whoever plays one.

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};

/// A login that has begun.
#[derive(Debug)]
pub(crate) struct Begun {
    pub(crate) request: String,
    pub(crate) state: String,
    cookie: String,
}

#[derive(Debug)]
pub(crate) struct Browser {
    client: reqwest::Client,
    place: String,
}

impl Browser {
    pub(crate) fn new(port: u16) -> Result<Self> {
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { client, place: format!("http://127.0.0.1:{port}/login/sso") })
    }

    /// As far as the page that leads to the identity provider.
    pub(crate) async fn begin(&self) -> Result<Begun> {
        let answer = self.client.get(&self.place).send().await?;
        let status = answer.status();
        let cookie = answer.headers().get(SET_COOKIE).and_then(|cookie| cookie.to_str().ok()).map(str::to_owned);
        let page = answer.text().await?;
        ensure!(status.is_success(), "a login does not begin: {status} {page}");
        let cookie = cookie.context("no cookie")?.split(';').next().unwrap_or_default().to_owned();
        let message = STANDARD.decode(field(&page, "SAMLRequest")?)?;
        let message = String::from_utf8(message)?;
        let request =
            message.split(" ID=\"").nth(1).and_then(|rest| rest.split('"').next()).context("no id")?.to_owned();
        Ok(Begun { request, state: field(&page, "RelayState")?, cookie })
    }

    /// Brings this form back; the answer's status.
    pub(crate) async fn bring(&self, begun: &Begun, form: &str) -> Result<u16> {
        let answer = self
            .client
            .post(format!("{}/callback", self.place))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(COOKIE, &begun.cookie)
            .body(form.to_owned())
            .send()
            .await?;
        Ok(answer.status().as_u16())
    }
}

/// The value of a hidden field.
fn field(page: &str, name: &str) -> Result<String> {
    let rest = page.split(&format!("name=\"{name}\" value=\"")).nth(1).with_context(|| format!("no {name}: {page}"))?;
    Ok(rest.split('"').next().unwrap_or_default().to_owned())
}
