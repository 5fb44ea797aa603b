/// A `.d.ts` of everything that a script can see beside ECMAScript, for authors and their editors.
pub const DECLARATIONS: &str = concat!(
    include_str!("../../types/script.d.ts"),
    include_str!("../../types/platform.d.ts"),
    include_str!("../../types/events.d.ts"),
    include_str!("../../types/streams.d.ts"),
    include_str!("../../types/url.d.ts"),
    include_str!("../../types/fetch.d.ts"),
    include_str!("../../types/encoding.d.ts"),
    include_str!("../../types/crypto.d.ts"),
);
