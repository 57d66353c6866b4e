//! What a page did besides what it was asked: its messages, errors, and requests.

use serde_json::Value;

use super::connection::Event;

/// Something that a page fetched.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The protocol's name of it.
    id: String,
    pub url: String,
    /// `Document`, `Script`, `Stylesheet`, `Image`, `Fetch`, …
    pub kind: String,
    pub mime: String,
    /// The bytes that went over the wire, headers among them; 0 for files.
    pub transferred: u64,
    /// The bytes of the content, unpacked.
    pub size: u64,
    pub finished: bool,
}

#[derive(Default)]
pub(super) struct Record {
    /// What no page may do, in words.
    pub(super) troubles: Vec<String>,
    pub(super) requests: Vec<Request>,
    /// The documents whose load event is over.
    pub(super) loaded: Vec<String>,
    /// The server that the page may ask, where it is one of a server.
    pub(super) origin: Option<String>,
}

impl Record {
    pub(super) fn take(&mut self, event: &Event) {
        let params = &event.params;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match event.method.as_str() {
            "Runtime.consoleAPICalled" => {
                let words: Vec<_> = params["args"].as_array().into_iter().flatten().map(shown).collect();
                self.trouble(format!("console.{}: {}", text(&params["type"]), words.join(" ")));
            }
            "Runtime.exceptionThrown" => {
                let details = &params["exceptionDetails"];
                let thrown = details["exception"]["description"].as_str().or(details["text"].as_str());
                self.trouble(format!("exception: {}", thrown.unwrap_or_default()));
            }
            // What the browser itself has to say, such as what the content security policy kept from happening.
            "Log.entryAdded" => {
                let entry = &params["entry"];
                let place = entry["url"].as_str().map(|url| format!(" ({url})")).unwrap_or_default();
                self.trouble(format!(
                    "{} {}: {}{place}",
                    text(&entry["source"]),
                    text(&entry["level"]),
                    text(&entry["text"])
                ));
            }
            "Audits.issueAdded" if params["issue"]["code"] == "ContentSecurityPolicyIssue" => {
                let details = &params["issue"]["details"]["contentSecurityPolicyIssueDetails"];
                self.trouble(format!(
                    "content security policy: {} {}",
                    text(&details["violatedDirective"]),
                    text(&details["blockedURL"])
                ));
            }
            "Page.javascriptDialogOpening" => self.trouble(format!("dialog: {}", text(&params["message"]))),
            "Inspector.targetCrashed" => self.trouble("the page crashed".to_owned()),
            "Network.requestWillBeSent" => self.request(params),
            "Network.responseReceived" => {
                let response = &params["response"];
                let status = response["status"].as_u64().unwrap_or(0);
                let Some(request) = self.by_id(&params["requestId"]) else { return };
                request.mime = text(&response["mimeType"]);
                if status >= 400 {
                    self.trouble(format!("request answered with {status}: {}", text(&response["url"])));
                }
            }
            "Network.dataReceived" => {
                if let Some(request) = self.by_id(&params["requestId"]) {
                    request.size += params["dataLength"].as_u64().unwrap_or(0);
                }
            }
            "Network.loadingFinished" => {
                if let Some(request) = self.by_id(&params["requestId"]) {
                    request.transferred = params["encodedDataLength"].as_f64().unwrap_or(0.0) as u64;
                    request.finished = true;
                }
            }
            "Network.loadingFailed" => {
                let Some(url) = self.by_id(&params["requestId"]).map(|request| request.url.clone()) else { return };
                let why = params["blockedReason"].as_str().or(params["errorText"].as_str()).unwrap_or_default();
                self.trouble(format!("request failed: {why} {url}"));
            }
            "Page.lifecycleEvent" if params["name"] == "load" => self.loaded.push(text(&params["loaderId"])),
            _ => {}
        }
    }

    fn request(&mut self, params: &Value) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let request = Request {
            id: text(&params["requestId"]),
            url: text(&params["request"]["url"]),
            kind: text(&params["type"]),
            ..Request::default()
        };
        // The browser's own idea, not the page's.
        if self.origin.as_ref().is_some_and(|origin| request.url == format!("{origin}favicon.ico")) {
            return;
        }
        let of_server = self.origin.as_ref().is_some_and(|origin| request.url.starts_with(origin.as_str()));
        if !of_server && !["file:", "data:", "blob:", "about:"].iter().any(|scheme| request.url.starts_with(scheme)) {
            self.trouble(format!("request to somebody else: {}", request.url));
        }
        self.requests.push(request);
    }

    fn by_id(&mut self, id: &Value) -> Option<&mut Request> {
        let id = id.as_str()?;
        self.requests.iter_mut().rev().find(|request| request.id == id)
    }

    fn trouble(&mut self, what: String) {
        self.troubles.push(what);
    }
}

/// A value that was logged.
fn shown(value: &Value) -> String {
    let plain = value["value"].as_str().map(str::to_owned);
    plain.or_else(|| value["description"].as_str().map(str::to_owned)).unwrap_or_else(|| value["value"].to_string())
}
