//! A reader's mouse and keyboard.

use serde_json::{Value, json};

use super::page::{Page, quoted};

/// So many moves are made of a drag.
const STEPS: u32 = 8;

impl Page {
    /// Clicks the middle of the first element that a selector finds. It is scrolled to, and has to be in nobody's shadow.
    #[track_caller]
    pub fn click(&self, selector: &str) {
        let point = self.point_on(selector, 0.5, 0.5, true);
        self.click_at(point);
    }

    #[track_caller]
    pub fn double_click(&self, selector: &str) {
        let point = self.point_on(selector, 0.5, 0.5, true);
        for count in [1, 2] {
            self.mouse("mousePressed", point, json!({ "button": "left", "buttons": 1, "clickCount": count }));
            self.mouse("mouseReleased", point, json!({ "button": "left", "buttons": 0, "clickCount": count }));
        }
        self.settle();
    }

    /// Moves the mouse onto the middle of an element.
    #[track_caller]
    pub fn hover(&self, selector: &str) {
        self.hover_on(selector, 0.5, 0.5);
    }

    /// Moves the mouse onto a place of an element, told as shares of its width and height.
    #[track_caller]
    pub fn hover_on(&self, selector: &str, x: f64, y: f64) {
        let point = self.point_on(selector, x, y, false);
        self.move_to(point);
    }

    /// Clicks a place of an element, told as shares of its width and height.
    #[track_caller]
    pub fn click_on(&self, selector: &str, x: f64, y: f64) {
        let point = self.point_on(selector, x, y, false);
        self.click_at(point);
    }

    /// Drags from one place of an element to another, told as shares of its width and height.
    #[track_caller]
    pub fn drag_on(&self, selector: &str, from: (f64, f64), to: (f64, f64)) {
        let from = self.point_on(selector, from.0, from.1, false);
        let to = self.point_on(selector, to.0, to.1, false);
        self.drag(from, to);
    }

    /// Turns the wheel over the middle of an element; downwards is positive.
    #[track_caller]
    pub fn wheel(&self, selector: &str, pixels: f64) {
        let point = self.point_on(selector, 0.5, 0.5, false);
        self.mouse("mouseWheel", point, json!({ "deltaX": 0, "deltaY": pixels }));
        self.settle();
    }

    /// Moves the mouse to a point of the window.
    #[track_caller]
    pub fn move_to(&self, point: (f64, f64)) {
        self.mouse("mouseMoved", point, json!({}));
        self.settle();
    }

    /// Clicks a point of the window.
    #[track_caller]
    pub fn click_at(&self, point: (f64, f64)) {
        self.mouse("mouseMoved", point, json!({}));
        self.mouse("mousePressed", point, json!({ "button": "left", "buttons": 1, "clickCount": 1 }));
        self.mouse("mouseReleased", point, json!({ "button": "left", "buttons": 0, "clickCount": 1 }));
        self.settle();
    }

    /// Drags from one point of the window to another.
    #[track_caller]
    pub fn drag(&self, from: (f64, f64), to: (f64, f64)) {
        self.mouse("mouseMoved", from, json!({}));
        self.mouse("mousePressed", from, json!({ "button": "left", "buttons": 1, "clickCount": 1 }));
        for step in 1..=STEPS {
            let share = f64::from(step) / f64::from(STEPS);
            let point = (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share);
            self.mouse("mouseMoved", point, json!({ "button": "left", "buttons": 1 }));
        }
        self.mouse("mouseReleased", to, json!({ "button": "left", "buttons": 0, "clickCount": 1 }));
        self.settle();
    }

    #[track_caller]
    fn mouse(&self, kind: &str, (x, y): (f64, f64), more: Value) {
        let mut params = more;
        params["type"] = kind.into();
        params["x"] = x.into();
        params["y"] = y.into();
        self.call("Input.dispatchMouseEvent", &params);
    }

    /// Puts the focus on an element.
    #[track_caller]
    pub fn focus(&self, selector: &str) {
        self.of(selector, "e.focus()");
    }

    /// The element that has the focus, in short: `button#name.class`.
    #[track_caller]
    pub fn focused(&self) -> String {
        self.eval_text(
            "((e) => e.localName + (e.id && '#' + e.id) + [...e.classList].map((c) => '.' + c).join(''))(document.activeElement)",
        )
    }

    /// Types a text into what has the focus, key by key.
    #[track_caller]
    pub fn type_text(&self, text: &str) {
        for c in text.chars() {
            self.key(&Key::of(&c.to_string()), 0);
        }
        self.settle();
    }

    /// Presses a key: `Enter`, `Tab`, `Shift+Tab`, `ArrowLeft`, `Control+a`, …
    #[track_caller]
    pub fn press(&self, keys: &str) {
        let mut words: Vec<_> = keys.split('+').collect();
        let key = words.pop().filter(|key| !key.is_empty()).unwrap_or("+");
        let modifiers = words.iter().map(|word| match *word {
            "" => 0,
            "Alt" => 1,
            "Control" => 2,
            "Meta" => 4,
            "Shift" => 8,
            other => panic!("{other} is no modifier"),
        });
        let modifiers = modifiers.fold(0, |all, modifier| all | modifier);
        self.key(&Key::of(key), modifiers);
        self.settle();
    }

    #[track_caller]
    fn key(&self, key: &Key, modifiers: u32) {
        let mut down = json!({ "type": "rawKeyDown", "key": key.name, "code": key.code, "modifiers": modifiers,
            "windowsVirtualKeyCode": key.number });
        // With Control or Alt it is a command and no text.
        if let Some(text) = key.text.as_ref().filter(|_| modifiers & !8 == 0) {
            down["type"] = "keyDown".into();
            down["text"] = text.as_str().into();
        }
        self.call("Input.dispatchKeyEvent", &down);
        let up = json!({ "type": "keyUp", "key": key.name, "code": key.code, "modifiers": modifiers,
            "windowsVirtualKeyCode": key.number });
        self.call("Input.dispatchKeyEvent", &up);
    }

    /// A point of an element, scrolled to. `strict`: a click there has to reach the element.
    #[track_caller]
    fn point_on(&self, selector: &str, x: f64, y: f64, strict: bool) -> (f64, f64) {
        let script = format!(
            "((e) => {{
                if (!e) throw new Error('there is no ' + {selector});
                const inside = (r) => r.top >= 0 && r.left >= 0 && r.bottom <= innerHeight && r.right <= innerWidth;
                if (!inside(e.getBoundingClientRect()))
                    e.scrollIntoView({{ block: 'center', inline: 'nearest', behavior: 'instant' }});
                // Of text in several lines, a point on the first; of anything else, of the whole.
                const r = {strict} && e.getClientRects().length > 0 ? e.getClientRects()[0] : e.getBoundingClientRect();
                if (!r.width || !r.height) throw new Error({selector} + ' is not there to be seen');
                const [x, y] = [r.left + r.width * {x}, r.top + r.height * {y}];
                const hit = document.elementFromPoint(x, y);
                if ({strict} && !(hit && e.contains(hit)))
                    throw new Error({selector} + ' is behind ' + (hit ? hit.cloneNode().outerHTML : 'the edge of the window'));
                return [x, y];
            }})(document.querySelector({selector}))",
            selector = quoted(selector)
        );
        let point = self.eval(&script);
        (point[0].as_f64().unwrap_or(0.0), point[1].as_f64().unwrap_or(0.0))
    }
}

struct Key {
    name: String,
    code: String,
    number: u32,
    text: Option<String>,
}

impl Key {
    #[track_caller]
    fn of(name: &str) -> Self {
        let key = |code: &str, number: u32, text: Option<&str>| Self {
            name: name.to_owned(),
            code: code.to_owned(),
            number,
            text: text.map(str::to_owned),
        };
        match name {
            "Enter" => key("Enter", 13, Some("\r")),
            "Tab" => key("Tab", 9, None),
            "Escape" => key("Escape", 27, None),
            "Backspace" => key("Backspace", 8, None),
            "Delete" => key("Delete", 46, None),
            "Space" | " " => Self { name: " ".to_owned(), ..key("Space", 32, Some(" ")) },
            "PageUp" => key("PageUp", 33, None),
            "PageDown" => key("PageDown", 34, None),
            "End" => key("End", 35, None),
            "Home" => key("Home", 36, None),
            "ArrowLeft" => key("ArrowLeft", 37, None),
            "ArrowUp" => key("ArrowUp", 38, None),
            "ArrowRight" => key("ArrowRight", 39, None),
            "ArrowDown" => key("ArrowDown", 40, None),
            _ => {
                let mut chars = name.chars();
                let (Some(c), None) = (chars.next(), chars.next()) else { panic!("{name} is no key") };
                let upper = c.to_ascii_uppercase();
                match upper {
                    'A'..='Z' => key(&format!("Key{upper}"), u32::from(upper), Some(name)),
                    '0'..='9' => key(&format!("Digit{c}"), u32::from(c), Some(name)),
                    _ => key("", 0, Some(name)),
                }
            }
        }
    }
}
