/// The files of a project that was just made.
enum ProjectTemplate {
    private static let routes = """
        'use strict';

        // A route of this project. Ledge keeps the file and does not run it.
        module.exports = async (server) => {
          server.get('/', async () => ({ message: 'hello' }));
        };

        """

    private static let helpers = """
        'use strict';

        // What several routes share.
        module.exports = {};

        """

    private static func readMe(_ project: ProjectName) -> String {
        """
        # \(project)

        | Folder | What lies there |
        |---|---|
        | `routes` | JavaScript for a HarperDB node. A Ledge node keeps it and runs none. |
        | `helpers` | What routes share. |
        | `static` | Files that the node serves as `/\(project)/static/...` on its function port. |

        """
    }

    static func write(
        in folder: consuming OpenFolder, project: ProjectName
    ) throws(ComponentError) {
        try folder.create("README.md", Array(readMe(project).utf8)[...])
        try write("examples.js", routes, in: folder.madeFolder("routes"))
        try write("example.js", helpers, in: folder.madeFolder("helpers"))
        try folder.madeFolder(ComponentStore.staticFolder).sync()
        try folder.sync()
    }

    private static func write(
        _ name: String, _ text: String, in folder: consuming OpenFolder
    ) throws(ComponentError) {
        try folder.create(name, Array(text.utf8)[...])
        try folder.sync()
    }
}
