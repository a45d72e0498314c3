/// The two files that the TensorFlow Embedding Projector opens.
///
/// | File | Content |
/// |---|---|
/// | `vecs.tsv` | one line for each point: its coordinates, between tabulators; no header |
/// | `meta.tsv` | one line for each point: its label; with several columns a header before them |
///
/// The projector passes over empty lines and takes a first line for a header if and only if there
/// are two columns or more, so a label is never empty and never breaks its line.
package enum ProjectorFiles {
    package static func vectors(_ rows: PointRows) -> String {
        var text = ""
        for row in 0..<rows.count {
            for column in 0..<rows.dimensions {
                if column > 0 { text += "\t" }
                text += rows.values[row * rows.dimensions + column].description
            }
            text += "\n"
        }
        return text
    }

    /// - Parameters:
    ///   - columns: The names; the header of the file if there are several.
    ///   - rows: The values of each point, as many as columns.
    package static func labels(columns: [String], rows: [[String]]) -> String {
        var text = columns.count > 1 ? line(columns) : ""
        for row in rows { text += line(row) }
        return text
    }

    private static func line(_ fields: [String]) -> String {
        fields.map(field).joined(separator: "\t") + "\n"
    }

    /// What stands for a field without a letter: the file has a line for each point.
    private static let nothing = "-"

    private static func field(_ text: String) -> String {
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return words.isEmpty ? nothing : words
    }
}
