/// Text as it may stand in HTML and SVG.
enum MarkupText {
    /// Escapes what has a meaning between tags or within quotes, and drops what XML forbids.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        escaped.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            case "\t", "\n", "\r": escaped += " "
            // Control characters, and the two that are no characters, end an XML document.
            case "\0"..<" ", "\u{7F}"..."\u{9F}", "\u{FFFE}", "\u{FFFF}": continue
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// A coordinate of a drawing with two digits behind the point, or 0 if it is no number.
    static func number(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e9 else { return "0" }
        let hundredths = Int((value * 100).rounded())
        let (whole, rest) = abs(hundredths).quotientAndRemainder(dividingBy: 100)
        let sign = hundredths < 0 ? "-" : ""
        if rest == 0 { return "\(sign)\(whole)" }
        let digits = rest < 10 ? "0\(rest)" : rest % 10 == 0 ? "\(rest / 10)" : "\(rest)"
        return "\(sign)\(whole).\(digits)"
    }

    /// A figure for people: as many digits as mean something, about four.
    static func figure(_ value: Double) -> String {
        guard value.isFinite else { return "none" }
        let size = abs(value)
        if size >= 1e9 || size > 0 && size < 1e-5 { return "\(value)" }
        let digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 3 : size >= 0.01 ? 4 : 6
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let rounded = (value * scale).rounded() / scale
        return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
    }

    /// A figure of a table: those below one have four digits, so that a column lines up.
    static func share(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1 else { return figure(value) }
        let digits = String(Int((abs(value) * 1e4).rounded()) + 10_000)
        let whole = digits.first == "1" ? "0" : "1"
        return "\(value < 0 ? "-" : "")\(whole).\(digits.dropFirst())"
    }
}
