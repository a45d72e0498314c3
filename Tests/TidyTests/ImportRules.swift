/// Imports follow the manifest, and the manifest follows the layers.
enum ImportRules {
    /// What comes with the toolchain and may be imported anywhere.
    private static let toolchain: Set<String> = [
        "Dispatch", "Foundation", "Glibc", "Synchronization",
    ]
    /// HTTPS to the outside goes through the toolchain's client, which has a module of its own.
    private static let networking = "FoundationNetworking"
    private static let networkingTarget = "HTTPTransport"
    private static let manifest = "Package.swift"

    /// Each file imports only what its target declares.
    static func undeclaredImports(
        _ file: RepositoryFile, targets: [PackageTarget]
    ) -> [Finding] {
        guard let swift = file.swift, file.path != manifest else { return [] }
        guard let target = targets.first(where: { file.isIn($0.path) }) else {
            return [Finding(path: file.path, message: "no target of \(manifest) holds this file")]
        }
        return modules(importedBy: swift).compactMap { module, line in
            let isAllowed =
                toolchain.contains(module) || target.uses.contains(module)
                || (target.isTest && module == "Testing")
                || (target.name == networkingTarget && module == networking)
            return isAllowed
                ? nil
                : Finding(
                    path: file.path, line: line,
                    message: "\(target.name) does not declare \(module) in \(manifest)")
        }
    }

    /// Each target uses only targets of layers below its own.
    static func upwardUses(targets: [PackageTarget], layers: [String: Int]) -> [Finding] {
        targets.filter { !$0.isTest }.flatMap { target -> [Finding] in
            guard let layer = layers[target.name] else {
                return [
                    Finding(path: manifest, message: "\(target.name) stands in no layer")
                ]
            }
            return target.uses.compactMap { use in
                // What has no layer is reported above; a test target never gets one.
                guard let lower = layers[use] else {
                    return Finding(
                        path: manifest, message: "\(target.name) uses \(use), which has no layer")
                }
                return lower < layer
                    ? nil
                    : Finding(
                        path: manifest,
                        message: "\(target.name) of layer \(layer) uses \(use) of layer \(lower)")
            }
        }
    }

    /// Each C library stands behind exactly one target.
    static func sharedLibraries(targets: [PackageTarget]) -> [Finding] {
        targets.filter(\.isSystemLibrary).compactMap { library in
            let users = targets.filter { $0.uses.contains(library.name) }.map(\.name)
            guard users.count != 1 else { return nil }
            let list = users.isEmpty ? "none" : users.joined(separator: ", ")
            return Finding(
                path: manifest, message: "\(library.name) needs exactly one user, it has \(list)")
        }
    }

    /// Reads the rows `| layer | targets in backquotes | ... |` of a page.
    static func layers(in page: RepositoryFile) -> [String: Int] {
        var layers: [String: Int] = [:]
        for line in page.lines {
            let cells = line.split(separator: "|").map { $0.trimmingPrefix(/\s+/) }
            guard cells.count > 1, let layer = Int(cells[0].prefix { $0.isNumber }) else {
                continue
            }
            for match in cells[1].matches(of: /`([A-Za-z]+)`/) {
                layers[String(match.1)] = layer
            }
        }
        return layers
    }

    private static let kinds: Set<String> = [
        "struct", "class", "enum", "protocol", "func", "var", "let", "typealias",
    ]

    private static func modules(importedBy swift: SwiftText) -> [(module: String, line: Int)] {
        let tokens = swift.tokens
        return tokens.indices.compactMap { index in
            guard tokens[index].isWord("import") else { return nil }
            let rest = tokens[(index + 1)...].prefix(2)
            guard let name = rest.first(where: { !kinds.contains($0.text) }) else { return nil }
            return (name.text, tokens[index].line)
        }
    }
}
