#include <sqlite3.h>

// sqlite3_db_config takes a variable number of arguments, which Swift cannot pass.
static inline int csqlite_name_main_database(sqlite3 *database, const char *name) {
    return sqlite3_db_config(database, SQLITE_DBCONFIG_MAINDBNAME, name);
}
