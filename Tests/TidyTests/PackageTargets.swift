/// A target as `Package.swift` declares it.
struct PackageTarget: Equatable {
    let name: String
    /// Its folder, from the root.
    let path: String
    /// The targets that it may import.
    let uses: [String]
    let isSystemLibrary: Bool

    var isTest: Bool { path.hasPrefix("Tests/") }

    /// Reads the calls that declare targets, in the order of the file.
    ///
    /// It knows the forms that the manifest uses: `part`, `tests(of:)` and those of SwiftPM.
    static func all(in manifest: SwiftText) -> [PackageTarget] {
        let tokens = manifest.tokens
        let start = zip(tokens.indices, tokens.indices.dropFirst()).first {
            tokens[$0].isWord("let") && tokens[$1].isWord("package")
        }
        guard let start else { return [] }
        return tokens.indices.dropFirst(start.0).compactMap { index in
            guard tokens[index].kind == .word, forms.contains(tokens[index].text),
                index + 1 < tokens.count, tokens[index + 1].isMark("("),
                let end = manifest.closing(index + 1)
            else { return nil }
            let arguments = SwiftArguments(Array(tokens[(index + 2)..<end]))
            return target(form: tokens[index].text, arguments)
        }
    }

    private static let forms: Set<String> = [
        "part", "tests", "systemLibrary", "executableTarget", "testTarget",
    ]

    private static func target(form: String, _ arguments: SwiftArguments) -> PackageTarget? {
        let uses = arguments.strings(of: "uses") + arguments.strings(of: "dependencies")
        if form == "tests", let tested = arguments.strings(of: "of").first {
            return PackageTarget(
                name: "\(tested)Tests", path: "Tests/\(tested)Tests",
                uses: [tested, "TestSupport"] + uses, isSystemLibrary: false)
        }
        let names = arguments.strings(of: "") + arguments.strings(of: "name")
        let paths = arguments.strings(of: "at") + arguments.strings(of: "path")
        guard let name = names.first, let path = paths.first else { return nil }
        return PackageTarget(
            name: name, path: path, uses: uses, isSystemLibrary: form == "systemLibrary")
    }
}

/// The string literals of a call, by the label of the argument that holds them.
private struct SwiftArguments {
    private var labelled: [String: [String]] = [:]

    init(_ tokens: [SwiftText.Token]) {
        var depth = 0
        var label = ""
        for (index, token) in tokens.enumerated() {
            if token.isMark("(") || token.isMark("[") { depth += 1 }
            if token.isMark(")") || token.isMark("]") { depth -= 1 }
            if depth == 0, token.isMark(",") { label = "" }
            if depth == 0, token.isMark(":"), index > 0 { label = tokens[index - 1].text }
            if token.kind == .string { labelled[label, default: []].append(token.text) }
        }
    }

    func strings(of label: String) -> [String] { labelled[label] ?? [] }
}
