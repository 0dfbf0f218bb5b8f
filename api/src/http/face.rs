//! Which API a path belongs to, so that a failure of the transport speaks that API's envelope.

use axum::response::Response;

use super::fault::Transport;

/// An API as the floor sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Face {
    /// Its name, as in the metrics.
    pub(crate) name: &'static str,
    /// A failure of the transport in its envelope.
    pub(crate) render: fn(Transport) -> Response,
}

/// The table of path prefixes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Faces {
    /// A prefix (whole segments) and the API it belongs to; the longest that fits counts.
    pub(crate) rows: &'static [(&'static str, Face)],
    /// Whose envelope everything else gets.
    pub(crate) rest: Face,
}

impl Faces {
    /// The API that a path belongs to.
    pub(crate) fn of(&self, path: &str) -> Face {
        let fitting = self.rows.iter().filter(|(prefix, _)| is_under(path, prefix));
        fitting.max_by_key(|(prefix, _)| prefix.len()).map_or(self.rest, |(_, face)| *face)
    }
}

fn is_under(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse as _;

    use super::{Face, Faces};

    const fn face(name: &'static str) -> Face {
        Face { name, render: |transport| transport.status().into_response() }
    }

    #[test]
    fn the_longest_prefix_of_whole_segments_counts() {
        const ROWS: &[(&str, Face)] =
            &[("/account", face("a")), ("/account/verify_code", face("b")), ("/cart", face("a"))];
        let faces = Faces { rows: ROWS, rest: face("rest") };
        for (path, name) in [
            ("/account", "a"),
            ("/account/login", "a"),
            ("/account/verify_code", "b"),
            ("/account/verify_codes", "a"),
            ("/carts", "rest"),
            ("/", "rest"),
            ("", "rest"),
        ] {
            assert_eq!(faces.of(path).name, name, "{path}");
        }
    }
}
