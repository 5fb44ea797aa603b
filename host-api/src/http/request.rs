use bytes::Bytes;
use reqwest::{
    Method, Response, StatusCode,
    header::{self, HeaderMap, HeaderName, HeaderValue},
};
use serde::Deserialize;
use url::Url;

use super::{Failure, refused};
use crate::call::arguments;

/// Most headers of a request.
const MAX_HEADERS: usize = 100;
/// Most bytes of a URL: what servers take.
const MAX_URL_BYTES: usize = 16 << 10;

/// What decides where a message begins and ends, and to whom it goes; and what speaks to a proxy.
const FORBIDDEN: [HeaderName; 11] = [
    header::HOST,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
    header::UPGRADE,
    header::TE,
    header::TRAILER,
    header::EXPECT,
    header::PROXY_AUTHORIZATION,
    header::PROXY_AUTHENTICATE,
    header::VIA,
];

/// A request that is right in itself. Whether it may be sent is another question.
#[derive(Clone, Debug)]
pub(super) struct Prepared {
    pub(super) url: Url,
    pub(super) method: Method,
    pub(super) headers: HeaderMap,
    pub(super) upload: Option<u64>,
    pub(super) has_body: bool,
    pub(super) body: Bytes,
    redirect: Redirect,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Redirect {
    #[default]
    Follow,
    Error,
    Manual,
}

impl Prepared {
    pub(super) fn parse(args: &str) -> Result<Self, Failure> {
        #[derive(Deserialize)]
        struct Args {
            url: String,
            method: String,
            #[serde(default)]
            headers: Vec<(String, String)>,
            #[serde(default)]
            redirect: Redirect,
            upload: Option<u64>,
            #[serde(default)]
            has_body: bool,
        }
        let Args { url, method, headers: given, redirect, upload, has_body } = arguments(args)?;
        let url = parse(&url, None)?;
        let method = match Method::from_bytes(method.as_bytes()) {
            Ok(Method::CONNECT | Method::TRACE) | Err(_) => return Err(refused("method", "that method cannot be used")),
            Ok(method) => method,
        };
        if given.len() > MAX_HEADERS {
            return Err(refused("header", format!("a request has at most {MAX_HEADERS} headers")));
        }
        let mut headers = HeaderMap::with_capacity(given.len());
        for (name, value) in given {
            let wrong = || refused("header", format!("the header `{}` cannot be sent", name.chars().take(64).collect::<String>()));
            let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
            if FORBIDDEN.contains(&key) || key.as_str().starts_with("proxy-") || key == "keep-alive" {
                return Err(wrong());
            }
            // Latin-1, as `Headers` of the web has it.
            let bytes = value.chars().map(|c| u8::try_from(u32::from(c))).collect::<Result<Vec<_>, _>>().map_err(|_| wrong())?;
            headers.append(key, HeaderValue::from_bytes(&bytes).map_err(|_| wrong())?);
        }
        Ok(Self { url, method, headers, upload, has_body, body: Bytes::new(), redirect })
    }

    /// The request that the response asks for instead, if it is to be followed.
    pub(super) fn redirected(&self, response: &Response) -> Result<Option<Self>, Failure> {
        let status = response.status();
        let redirects = matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308);
        let location = response.headers().get(header::LOCATION).filter(|_| redirects && self.redirect != Redirect::Manual);
        let Some(location) = location else { return Ok(None) };
        if self.redirect == Redirect::Error {
            return Err(refused("redirect", "the host redirects, and the request says not to follow"));
        }
        let location = String::from_utf8_lossy(location.as_bytes());
        let url = parse(&location, Some(&self.url))?;
        let mut next = Self { url, ..self.clone() };
        let becomes_get = status == StatusCode::SEE_OTHER && !matches!(self.method, Method::GET | Method::HEAD)
            || matches!(status.as_u16(), 301 | 302) && self.method == Method::POST;
        if becomes_get {
            (next.method, next.body, next.has_body) = (Method::GET, Bytes::new(), false);
            for name in [header::CONTENT_ENCODING, header::CONTENT_LANGUAGE, header::CONTENT_LOCATION, header::CONTENT_TYPE] {
                next.headers.remove(name);
            }
        } else if self.upload.is_some() {
            return Err(refused("redirect_body", "the host redirects a request whose body was streamed and is gone"));
        }
        next.upload = None;
        if next.url.origin() != self.url.origin() {
            for name in [header::AUTHORIZATION, header::COOKIE] {
                next.headers.remove(name);
            }
        }
        Ok(Some(next))
    }
}

fn parse(text: &str, base: Option<&Url>) -> Result<Url, Failure> {
    if text.len() > MAX_URL_BYTES {
        return Err(refused("invalid_url", format!("a URL has at most {MAX_URL_BYTES} bytes")));
    }
    let mut url = Url::options().base_url(base).parse(text).map_err(|error| refused("invalid_url", format!("no URL: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refused("scheme", format!("only http and https can be fetched, not {}", url.scheme())));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused("url_credentials", "a URL must not hold a user name or password; send an `authorization` header"));
    }
    url.set_fragment(None);
    Ok(url)
}
