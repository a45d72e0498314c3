import Components
import HTTPCore
import JSON

/// Projects as 3.1 to 4.1 name them: custom functions, one script at a time.
struct CustomFunctionOperations: Sendable {
    let components: ComponentStore
    let facts: NodeFacts

    var all: [Operation] {
        [
            Operation(
                "custom_functions_status", access: .superUser(name: "customFunctionsStatus"),
                run: status),
            Operation(
                "get_custom_functions", access: .superUser(name: "getCustomFunctions"), run: list),
            Operation(
                "get_custom_function", demanded: [.project, .type, .file],
                access: .superUser(name: "getCustomFunction"), run: script),
            Operation(
                "set_custom_function", demanded: [.project, .type, .file, .functionContent],
                access: .superUser(name: "setCustomFunction"),
                run: setScript),
            Operation(
                "drop_custom_function", demanded: [.project, .type, .file],
                access: .superUser(name: "dropCustomFunction"),
                run: dropScript),
            Operation(
                "drop_custom_function_project",
                demanded: [.project], access: .superUser(name: "dropCustomFunctionProject"),
                run: dropProject),
        ]
    }

    private static let compiledStatus = "compiled into this node"

    private func status(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        [
            "is_enabled": true, "port": JSONValue(facts.functionsPort),
            "directory": .string(components.root),
            "status": .string(
                "functions that were compiled into this node serve; JavaScript of projects is "
                    + "stored and not executed"),
        ]
    }

    /// Stored projects by their folders, and what was compiled under `compiled`, whose routes are
    /// no files.
    private func list(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        var answer = JSONObject()
        for project in try onDisk({ () throws(ComponentError) in try components.functions() }) {
            answer[project.project.description] = [
                "routes": .array(project.routes.map(JSONValue.string)),
                "helpers": .array(project.helpers.map(JSONValue.string)),
                "static": JSONValue(project.staticCount),
                "status": .string(ComponentOperations.storedStatus),
            ]
        }
        for function in facts.functions() {
            var entry =
                answer[function.name]?.objectValue ?? ["routes": [], "helpers": [], "static": 0]
            entry["compiled"] = .array(function.routes.map(JSONValue.string))
            entry["status"] = .string(
                answer[function.name] == nil
                    ? Self.compiledStatus
                    : "\(Self.compiledStatus); files: \(ComponentOperations.storedStatus)")
            answer[function.name] = .object(entry)
        }
        return .object(answer)
    }

    private func script(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let asked = try ProjectRequest(request.body)
        let path = try asked.script()
        let file = try onDisk { () throws(ComponentError) in
            try components.file(path, of: asked.project)
        }
        return .string(FileEncoding.utf8.text(of: file.bytes))
    }

    private func setScript(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let asked = try ProjectRequest(request.body)
        let path = try asked.script()
        let content = try asked.text("function_content")
        guard !content.isEmpty else {
            throw HTTPError(.badRequest, "'function_content' is not allowed to be empty")
        }
        try onDisk { () throws(ComponentError) in
            try components.write(Array(content.utf8), to: path, of: asked.project)
        }
        return .string("Successfully updated custom function: \(Self.name(path))")
    }

    private func dropScript(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let asked = try ProjectRequest(request.body)
        let path = try asked.script()
        try onDisk { () throws(ComponentError) in try components.remove(path, of: asked.project) }
        return .string("Successfully deleted custom function: \(Self.name(path))")
    }

    private func dropProject(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let project = try ProjectRequest(request.body).project
        try onDisk { () throws(ComponentError) in try components.drop(project) }
        return .string("Successfully deleted project: \(project)")
    }

    private static func name(_ path: ProjectPath) -> String { path.parts.last ?? "" }
}
