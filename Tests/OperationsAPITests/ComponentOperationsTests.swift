import Components
import Foundation
import JSON
import Testing

@testable import OperationsAPI

@Suite struct ComponentOperationsTests {
    private static let badName =
        "Project name can only contain alphanumeric, dash and underscores characters"
    private static let noProject =
        "Project does not exist. Create one using 'add_custom_function_project'"

    @Test func `a project is added once, under both names of the operation`() throws {
        let fixture = try OperationsFixture()

        try fixture.expectMessage(
            "Successfully added project: dogs", ["operation": "add_component", "project": "dogs"])
        try fixture.expectMessage(
            "Successfully added project: cats",
            ["operation": "add_custom_function_project", "project": "cats"])
        try fixture.expectError(
            400, "Project already exists", ["operation": "add_component", "project": "dogs"])
    }

    @Test(arguments: [
        "get_custom_function", "set_custom_function", "drop_custom_function",
        "drop_custom_function_project", "add_component", "deploy_component", "package_component",
        "get_component_file", "set_component_file", "drop_component",
    ])
    func `a project needs a sound name`(operation: String) throws {
        let fixture = try OperationsFixture()

        for name in ["", "..", "a/b", "a b"] {
            try fixture.expectError(
                400, Self.badName, ["operation": .string(operation), "project": .string(name)])
        }
        try fixture.expectError(
            400, "'project' is required", ["operation": .string(operation)])
        try fixture.expectError(
            400, "'project' must be a string", ["operation": .string(operation), "project": 1])
    }

    @Test func `a file is set and read in its encoding, and its project is made`() throws {
        let fixture = try OperationsFixture()
        let file: JSONValue = [
            "operation": "set_component_file", "project": "set-test", "file": "utils/test.js",
            "payload": "AP8=", "encoding": "base64",
        ]

        try fixture.expectMessage("Successfully set component: utils/test.js", file)

        let answer = try fixture.ask([
            "operation": "get_component_file", "project": "set-test", "file": "utils/test.js",
            "encoding": "hex",
        ])
        #expect(answer.message == "00ff")
        #expect(answer.body["size"] == 2)
        let changed = try #require(answer.body["mtime"]?.stringValue)
        #expect(answer.body["birthtime"]?.stringValue == changed)
        #expect(changed.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
    }

    @Test func `a path out of the project is refused and nothing is made`() throws {
        let fixture = try OperationsFixture()

        for path in ["../x", "/etc/passwd", "a/../../x", ".."] {
            for operation in ["set_component_file", "get_component_file", "drop_component"] {
                try fixture.expectError(
                    400, "Invalid file path",
                    [
                        "operation": .string(operation), "project": "dogs", "file": .string(path),
                        "payload": "x",
                    ])
            }
        }

        #expect(try fixture.components.names().isEmpty)
    }

    @Test func `a text that is not in its encoding makes no project`() throws {
        let fixture = try OperationsFixture()
        let body: JSONValue = [
            "operation": "set_component_file", "project": "dogs", "file": "a", "payload": "é",
            "encoding": "hex",
        ]

        try fixture.expectError(400, "'payload' is not encoded in hex", body)
        try fixture.expectError(
            400,
            "'encoding' must be one of [utf8, ASCII, binary, hex, base64, utf16le, latin1, ucs2]",
            ["operation": "get_component_file", "project": "dogs", "file": "a", "encoding": "x"])

        #expect(try fixture.components.names().isEmpty)
    }

    @Test func `without a payload a folder is made`() throws {
        let fixture = try OperationsFixture()

        try fixture.expectMessage(
            "Successfully set component: a/b",
            ["operation": "set_component_file", "project": "dogs", "file": "a/b"])

        try fixture.expectError(
            400, "b is no file",
            ["operation": "get_component_file", "project": "dogs", "file": "a/b"])
    }

    @Test func `what was packed is deployed elsewhere`() throws {
        let fixture = try OperationsFixture()
        _ = try fixture.ask(["operation": "add_component", "project": "dogs"])
        let packed = try fixture.ask(["operation": "package_component", "project": "dogs"])
        #expect(packed.body["project"] == "dogs")

        let answer = try fixture.ask([
            "operation": "deploy_component", "project": "copy",
            "payload": packed.body["payload"] ?? .null,
        ])

        #expect(answer.message == "Successfully deployed: copy")
        #expect(answer.body["status"]?.stringValue?.contains("not executed") == true)
        let project = try ProjectName("copy")
        // Not byte by byte: the folders of the two may be of different seconds.
        #expect(
            try fixture.components.packed(project).count
                == fixture.components.packed(ProjectName("dogs")).count)
    }

    @Test func `a deployment with a restart says so in HarperDB's words`() throws {
        let fixture = try OperationsFixture()
        _ = try fixture.ask(["operation": "add_component", "project": "dogs"])
        let payload = try fixture.ask(["operation": "package_component", "project": "dogs"])
            .body["payload"]

        for restart in [true, "rolling"] as [JSONValue] {
            let answer = try fixture.ask([
                "operation": "deploy_component", "project": "dogs", "restart": restart,
                "payload": payload ?? .null,
            ])
            #expect(answer.message == "Successfully deployed: dogs, restarting HarperDB")
        }
        try fixture.expectError(
            400, "'restart' must be one of [boolean, rolling]",
            [
                "operation": "deploy_component", "project": "dogs", "restart": "now",
                "payload": payload ?? .null,
            ])
    }

    @Test func `a package reference is refused`() throws {
        let answer = try OperationsFixture().ask([
            "operation": "deploy_component", "project": "gh",
            "package": "HarperDB/application-template",
        ])

        #expect(answer.status == 400)
        #expect(answer.error?.hasPrefix("a node fetches no packages") == true)
    }

    @Test(arguments: ["%%%", "AAAA", "bm8gYXJjaGl2ZQ=="])
    func `a payload that is no archive changes nothing`(payload: String) throws {
        let fixture = try OperationsFixture()
        _ = try fixture.ask(["operation": "add_component", "project": "dogs"])
        let before = try fixture.components.packed(ProjectName("dogs"))

        let answer = try fixture.ask([
            "operation": "deploy_custom_function_project", "project": "dogs",
            "payload": .string(payload),
        ])

        #expect(answer.status == 400)
        #expect(
            answer.error?.hasPrefix(
                "Packaged project must be base64-encoded tar file of project directory") == true)
        #expect(try fixture.components.packed(ProjectName("dogs")) == before)
    }

    @Test func `the tree lists projects and says that they are only stored`() throws {
        let fixture = try OperationsFixture()
        for file in ["b/c.js", "a.js"] {
            _ = try fixture.ask([
                "operation": "set_component_file", "project": "dogs", "file": .string(file),
                "payload": "abc",
            ])
        }

        let tree = try fixture.ask(["operation": "get_components"]).body

        #expect(tree["name"] == "components")
        let project = try #require(tree["entries"]?.arrayValue?.first)
        let entries = try #require(project["entries"]?.arrayValue)
        #expect(project["name"] == "dogs")
        #expect(project["status"]?.stringValue == ComponentOperations.storedStatus)
        #expect(entries.map { $0["name"] } == ["a.js", "b"])
        #expect(entries[0]["size"] == 3)
        #expect(entries[1]["entries"]?.arrayValue?.first?["name"] == "c.js")
    }

    @Test func `dropping is done whether or not there was something`() throws {
        let fixture = try OperationsFixture()
        _ = try fixture.ask(["operation": "add_component", "project": "dogs"])

        for _ in 0..<2 {
            try fixture.expectMessage(
                "Successfully dropped: dogs/README.md",
                ["operation": "drop_component", "project": "dogs", "file": "README.md"])
        }
        for _ in 0..<2 {
            try fixture.expectMessage(
                "Successfully dropped: dogs", ["operation": "drop_component", "project": "dogs"])
        }
        #expect(try fixture.components.names().isEmpty)
    }

    @Test func `scripts are set, read, listed and dropped`() throws {
        let fixture = try OperationsFixture()
        _ = try fixture.ask(["operation": "add_custom_function_project", "project": "test_project"])
        func script(_ operation: String) -> JSONValue {
            [
                "operation": .string(operation), "project": "test_project", "type": "routes",
                "file": "test2", "function_content": "hello world",
            ]
        }

        try fixture.expectMessage(
            "Successfully updated custom function: test2.js", script("set_custom_function"))
        try fixture.expectMessage("hello world", script("get_custom_function"))
        let listed = try fixture.ask(["operation": "get_custom_functions"]).body["test_project"]
        #expect(listed?["routes"] == ["examples", "test2"])
        #expect(listed?["helpers"] == ["example"])
        #expect(listed?["static"] == 0)
        try fixture.expectMessage(
            "Successfully deleted custom function: test2.js", script("drop_custom_function"))
        for operation in ["get_custom_function", "drop_custom_function"] {
            try fixture.expectError(400, "File does not exist", script(operation))
        }
        try fixture.expectMessage(
            "Successfully deleted project: test_project",
            ["operation": "drop_custom_function_project", "project": "test_project"])
        try fixture.expectError(400, Self.noProject, script("set_custom_function"))
        try fixture.expectError(
            400, Self.noProject,
            ["operation": "drop_custom_function_project", "project": "test_project"])
    }

    @Test func `a script lies in one of two folders under a sound name`() throws {
        let fixture = try OperationsFixture()
        _ = try fixture.ask(["operation": "add_component", "project": "dogs"])

        try fixture.expectError(
            400, "'type' must be one of [helpers, routes]",
            [
                "operation": "get_custom_function", "project": "dogs", "type": "static",
                "file": "a",
            ])
        try fixture.expectError(
            400, "File name can only contain alphanumeric, dash and underscore characters",
            [
                "operation": "get_custom_function", "project": "dogs", "type": "routes",
                "file": "../README",
            ])
    }

    @Test func `what was compiled is listed and is no file`() throws {
        let fixture = try OperationsFixture(
            facts: NodeFacts(
                nodeName: "edge-1", isTrainer: false, functionsPort: 9_936,
                functions: {
                    [.init(name: "book-recommender", routes: ["POST /recommend"])]
                }, followed: { [] }))

        try fixture.expectAnswer(
            [
                "book-recommender": [
                    "routes": [], "helpers": [], "static": 0, "compiled": ["POST /recommend"],
                    "status": "compiled into this node",
                ]
            ], ["operation": "get_custom_functions"])
        let status = try fixture.ask(["operation": "custom_functions_status"]).body
        #expect(status["is_enabled"] == true)
        #expect(status["port"] == 9_936)
        #expect(status["directory"]?.stringValue == fixture.components.root)
        #expect(status["status"]?.stringValue?.contains("not executed") == true)
    }

    @Test func `a project is packed and deployed under the old names too`() throws {
        let fixture = try OperationsFixture()
        _ = try fixture.ask(["operation": "add_custom_function_project", "project": "dogs"])
        let packed = try fixture.ask([
            "operation": "package_custom_function_project", "project": "dogs",
            "skip_node_modules": true, "skip_symlinks": true,
        ])
        #expect(packed.body["project"] == "dogs")
        #expect(packed.body["payload"]?.stringValue.flatMap { Data(base64Encoded: $0) } != nil)

        let deployed = try fixture.ask([
            "operation": "deploy_custom_function_project", "project": "copy",
            "payload": packed.body["payload"] ?? .null, "file": "dogs.tar",
        ])

        #expect(deployed.message == "Successfully deployed: copy")
    }
}
