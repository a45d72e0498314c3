import Foundation

/// What pages and scripts promise holds on every machine.
enum ProseRules {
    /// Every relative link of a page leads to a file of the repository.
    ///
    /// - Parameter exists: Whether a path from the root is there.
    static func deadLinks(
        _ file: RepositoryFile, exists: (_ path: String) -> Bool
    ) -> [Finding] {
        guard file.path.hasSuffix(".md") else { return [] }
        return links(of: file).compactMap { line, target in
            guard let path = resolve(target, from: file.path) else {
                return Finding(
                    path: file.path, line: line, message: "\(target) leads out of the repository")
            }
            return exists(path)
                ? nil
                : Finding(path: file.path, line: line, message: "\(target) leads nowhere")
        }
    }

    /// Relative targets with their lines; code and fenced blocks hold examples, not links.
    private static func links(of file: RepositoryFile) -> [(line: Int, target: String)] {
        var isFenced = false
        var links: [(line: Int, target: String)] = []
        for (index, line) in file.lines.enumerated() {
            let isFence = line.drop { $0 == " " }.hasPrefix("```")
            if isFence { isFenced.toggle() }
            guard !isFence, !isFenced, line.contains("](") else { continue }
            for match in line.replacing(/`[^`]*`/, with: "x").matches(of: /\]\(([^)\s]+)[^)]*\)/) {
                let target = String(match.1.prefix { $0 != "#" })
                let isElsewhere = match.1.contains(/^[a-z]+:/) || target.isEmpty
                if !isElsewhere { links.append((index + 1, target)) }
            }
        }
        return links
    }

    /// - Returns: The path from the root; nil if the target is absolute or above the root.
    private static func resolve(_ target: String, from page: String) -> String? {
        guard !target.hasPrefix("/") else { return nil }
        var parts = page.split(separator: "/").dropLast().map(String.init)
        for part in target.split(separator: "/") {
            switch part {
            case ".": continue
            case "..":
                guard !parts.isEmpty else { return nil }
                parts.removeLast()
            default: parts.append(String(part))
            }
        }
        return parts.joined(separator: "/")
    }

    private static let pageExtensions = [".html", ".css", ".js"]

    /// A node's page asks its own node and nobody else, and works behind any prefix.
    static func foreignAddresses(_ file: RepositoryFile) -> [Finding] {
        guard pageExtensions.contains(where: file.path.hasSuffix) else { return [] }
        return file.lines.enumerated().compactMap { index, line in
            line.contains(/https?:\/\/|["'`(]\//)
                ? Finding(
                    path: file.path, line: index + 1,
                    message: "an address that is not relative to the page")
                : nil
        }
    }

    /// Folders that exist on somebody's machine only.
    private static let machineFolders = ["home", "root", "Users", "work"]

    static func machinePaths(_ file: RepositoryFile) -> [Finding] {
        file.lines.enumerated().compactMap { index, line in
            let folder = machineFolders.first { folder in
                line.ranges(of: "/\(folder)/").contains { range in
                    // After a letter or a dot it is part of a relative path or an address.
                    let before = line[..<range.lowerBound].last ?? " "
                    return !before.isLetter && !before.isNumber && !"._-})".contains(before)
                }
            }
            guard let folder else { return nil }
            return Finding(
                path: file.path, line: index + 1, message: "/\(folder)/ is a path of one machine")
        }
    }
}
