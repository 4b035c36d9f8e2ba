//! The flags that say how a CSV file is written.

use clap::Args;

/// How a CSV file is written, where it differs from commas and double quotes.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "How the file is written")]
pub(crate) struct Dialect {
    /// What separates fields: one ASCII character, or tab, space, comma, semicolon, pipe
    #[arg(long, short = 'd', value_name = "C", default_value = ",", value_parser = byte)]
    pub(crate) delimiter: u8,
    /// The first line is data: columns are then named 0, 1, 2, ..
    #[arg(long)]
    pub(crate) no_headers: bool,
    /// What encloses a field; written twice inside one, it stands for itself
    #[arg(long, value_name = "C", default_value = "\"", value_parser = byte)]
    pub(crate) quote: u8,
    /// Quotes are ordinary characters
    #[arg(long, conflicts_with_all = ["quote", "escape"])]
    pub(crate) no_quoting: bool,
    /// Inside quotes, this character makes the next one ordinary
    #[arg(long, value_name = "C", value_parser = byte)]
    pub(crate) escape: Option<u8>,
    /// Lines that begin with this character are skipped
    #[arg(long, value_name = "C", value_parser = byte)]
    pub(crate) comment: Option<u8>,
    /// Records may have more or fewer fields than the first
    #[arg(long)]
    pub(crate) flexible: bool,
}

impl Default for Dialect {
    fn default() -> Self {
        Self {
            delimiter: b',',
            no_headers: false,
            quote: b'"',
            no_quoting: false,
            escape: None,
            comment: None,
            flexible: false,
        }
    }
}

/// Reads one ASCII character, by itself or by name.
fn byte(text: &str) -> Result<u8, String> {
    let byte = match text {
        "tab" | "\\t" => b'\t',
        "space" => b' ',
        "comma" => b',',
        "semicolon" => b';',
        "pipe" => b'|',
        _ => match text.as_bytes() {
            &[byte] if byte.is_ascii() => byte,
            _ => {
                return Err("give one ASCII character, or tab, space, comma, semicolon, pipe".into());
            }
        },
    };
    match byte {
        b'\n' | b'\r' => Err("a line break ends records and cannot be this too".into()),
        _ => Ok(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::byte;

    #[test]
    fn names_and_characters() {
        assert_eq!(byte("tab"), Ok(b'\t'));
        assert_eq!(byte("\\t"), Ok(b'\t'));
        assert_eq!(byte("\t"), Ok(b'\t'));
        assert_eq!(byte(";"), Ok(b';'));
        assert!(byte("").is_err());
        assert!(byte(";;").is_err());
        assert!(byte("é").is_err());
        assert!(byte("\n").is_err());
    }
}
