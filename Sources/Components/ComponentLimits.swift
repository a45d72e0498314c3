/// What the store of projects accepts; each limit stands before the work that it bounds.
package struct ComponentLimits: Sendable {
    package var projects = 1_000
    package var projectNameBytes = 128
    /// One file, in an archive or written alone.
    package var fileBytes = 64 << 20
    /// An archive after it was inflated.
    package var archiveBytes = 512 << 20
    /// Entries of an archive, or files and folders of a project that is listed or packed.
    package var entries = 100_000
    /// Folders and file of a path.
    package var pathDepth = 32
    package var pathBytes = 1_024
    /// One part of a path; ext4 and its kin have no longer ones.
    package var partBytes = 255

    package init() {}
}
