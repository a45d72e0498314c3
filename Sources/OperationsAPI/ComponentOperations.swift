import Components
import Foundation
import HTTPCore
import JSON

/// Projects as 4.2 and later name them: components, which are kept and never executed.
struct ComponentOperations: Sendable {
    let components: ComponentStore

    var all: [Operation] {
        [
            Operation(
                "get_components", access: .superUser(name: "getComponents"), run: list),
            Operation(
                "add_component", "add_custom_function_project",
                demanded: [.project], access: .superUser(name: "addComponent"), run: add),
            Operation(
                "deploy_component", "deploy_custom_function_project",
                demanded: [.project], optional: [.package, .payload, .restart],
                access: .superUser(name: "deployComponent"), run: deploy),
            Operation(
                "package_component", "package_custom_function_project",
                demanded: [.project], optional: [.skipNodeModules, .skipSymlinks],
                access: .superUser(name: "packageComponent"), run: pack),
            Operation(
                "get_component_file", demanded: [.project, .file], optional: [.encoding],
                access: .superUser(name: "getComponentFile"), run: file),
            Operation(
                "set_component_file", demanded: [.project, .file, .payload], optional: [.encoding],
                access: .superUser(name: "setComponentFile"), run: setFile),
            Operation(
                "drop_component", demanded: [.project], optional: [.file],
                access: .superUser(name: "dropComponent"), run: drop),
        ]
    }

    /// What a client must not be left to believe.
    static let storedStatus = "stored; JavaScript is not executed by this node"

    private func add(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let project = try ProjectRequest(request.body).project
        try onDisk { () throws(ComponentError) in try components.add(project) }
        return .string("Successfully added project: \(project)")
    }

    private func drop(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let asked = try ProjectRequest(request.body)
        let project = asked.project
        // As in HarperDB, what is not there is as good as dropped.
        guard try asked.optionalText("file") != nil else {
            try Self.idempotent { () throws(ComponentError) in try components.drop(project) }
            return .string("Successfully dropped: \(project)")
        }
        let path = try asked.path("file")
        try Self.idempotent { () throws(ComponentError) in
            try components.remove(path, of: project)
        }
        return .string("Successfully dropped: \(project)/\(path)")
    }

    private static func idempotent(
        _ body: () throws(ComponentError) -> Void
    ) throws(HTTPError) {
        try onDisk { () throws(ComponentError) in
            do throws(ComponentError) {
                try body()
            } catch  where error.code == .projectNotFound || error.code == .fileNotFound {
                return
            }
        }
    }
}

// MARK: Archives

extension ComponentOperations {
    private func pack(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let asked = try ProjectRequest(request.body)
        let options = ComponentStore.PackingOptions(
            skipsNodeModules: try asked.flag("skip_node_modules"),
            skipsLinks: try asked.flag("skip_symlinks"))
        let archive = try onDisk { () throws(ComponentError) in
            try components.packed(asked.project, options)
        }
        return [
            "project": .string(asked.project.description),
            "payload": .string(Data(archive).base64EncodedString()),
        ]
    }

    private func deploy(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let asked = try ProjectRequest(request.body)
        let project = asked.project
        guard try asked.optionalText("package") == nil else {
            throw HTTPError(
                .badRequest,
                "a node fetches no packages: send the project as 'payload', a base64-encoded tar "
                    + "file, instead of 'package'")
        }
        guard let payload = try asked.optionalText("payload") else {
            throw HTTPError(.badRequest, "'payload' or 'package' must be provided")
        }
        let restarts = try Self.restarts(request.body["restart"])
        guard let bytes = Data(base64Encoded: payload) else {
            throw HTTPError(
                .badRequest,
                "Packaged project must be base64-encoded tar file of project directory: it is no "
                    + "base64")
        }
        try onDisk { () throws(ComponentError) in
            try components.deploy(project, archive: [UInt8](bytes))
        }
        let suffix = restarts ? ", restarting HarperDB" : ""
        return [
            "message": .string("Successfully deployed: \(project)\(suffix)"),
            "status": .string(Self.storedStatus),
        ]
    }

    private static func restarts(_ value: JSONValue?) throws(HTTPError) -> Bool {
        switch value {
        case nil, .null: return false
        case .bool(let flag): return flag
        case "rolling": return true
        default: throw HTTPError(.badRequest, "'restart' must be one of [boolean, rolling]")
        }
    }
}

// MARK: Files

extension ComponentOperations {
    private func file(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let asked = try ProjectRequest(request.body)
        let path = try asked.path("file")
        let encoding = try asked.encoding()
        let file = try onDisk { () throws(ComponentError) in
            try components.file(path, of: asked.project)
        }
        let changed = JSONValue.string(file.changed.scriptText)
        return [
            "message": .string(encoding.text(of: file.bytes)),
            "size": JSONValue(file.bytes.count),
            // A file is replaced as a whole, so that it is born when it is changed.
            "birthtime": changed, "mtime": changed,
        ]
    }

    /// Without a payload a folder is made, as in HarperDB, and a project that is missing is too.
    private func setFile(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let asked = try ProjectRequest(request.body)
        let (project, path) = (asked.project, try asked.path("file"))
        let encoding = try asked.encoding()
        let text = request.body["payload"] == nil ? nil : try asked.text("payload")
        try onDisk { () throws(ComponentError) in
            let bytes = try text.map { text throws(ComponentError) in try encoding.bytes(of: text) }
            try components.addEmpty(project)
            if let bytes {
                try components.write(bytes, to: path, of: project)
            } else {
                try components.makeFolder(path, of: project)
            }
        }
        return .string("Successfully set component: \(path)")
    }
}

// MARK: The tree

extension ComponentOperations {
    private func list(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let tree = try onDisk { () throws(ComponentError) in try components.tree() }
        let projects = tree.map { project -> JSONValue in
            guard case .object(var object) = Self.entry(project) else { return .null }
            object["status"] = .string(Self.storedStatus)
            return .object(object)
        }
        return ["name": "components", "entries": .array(projects)]
    }

    private static func entry(_ listing: ComponentStore.Listing) -> JSONValue {
        switch listing {
        case .folder(let name, let entries):
            ["name": .string(name), "entries": .array(entries.map(entry))]
        case .file(let name, let size, let changed):
            [
                "name": .string(name), "mtime": .string(changed.scriptText),
                "size": JSONValue(size),
            ]
        }
    }
}
