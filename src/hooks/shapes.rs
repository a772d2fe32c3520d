//! In which form a sender wants to be answered.

/// One form for each that has one of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Plain,
    OktaToken,
    OktaSaml,
    Entra,
    Kratos,
    /// Of a function: claims to append.
    ZitadelClaims,
    /// Of a request or response, which is left as it is.
    ZitadelPass,
    ForwardAuth,
}
