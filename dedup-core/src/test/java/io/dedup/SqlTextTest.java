package io.dedup;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SqlTextTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "COMMIT",
                "commit;",
                " \t\r\n\fCommit and chain",
                "END",
                "end work",
                "ABORT",
                "BEGIN",
                "begin isolation level serializable",
                "START TRANSACTION",
                "ROLLBACK",
                "rollback;",
                "ROLLBACK WORK",
                "rollback transaction and chain",
                "ROLLBACK PREPARED 'to'",
                "COMMIT PREPARED 'x'",
                "PREPARE TRANSACTION 'x'",
                "prepare/**/transaction 'x'",
                "-- a comment\nCOMMIT",
                "-- a comment\rCOMMIT",
                "/* a /* nested */ one */COMMIT",
                "/**/--\n/**/COMMIT",
                ";;COMMIT",
                "UPDATE t SET a = 1; commit",
                "UPDATE t SET a = 'x;y'; commit",
                "UPDATE t SET a = 'it''s'; commit",
                "UPDATE t SET a = '\\'; commit; --'",
                "UPDATE t SET a = E'\\'' ; commit",
                "UPDATE t SET a = E'''\\'' ; commit",
                "UPDATE t SET a = U&'\\0041' ; commit",
                "UPDATE t SET a = e''; commit",
                "UPDATE t SET \"a;\"\"b\" = 1; commit",
                "UPDATE t SET a = $$;$$; commit",
                "UPDATE t SET a = $a1$ $$ ; $b$ $a1$; commit",
                "UPDATE t SET a = $1, b = $2; commit",
                "UPDATE t SET a = $1 WHERE b$ = $2; commit",
                "UPDATE t SET a = a$b$c; commit; SELECT 1",
                "UPDATE t SET a = 1 -- ; no\n; commit",
                "UPDATE t SET a = 3 - 1 / 2; commit",
                "SELECT CASE WHEN a THEN b END FROM t; END",
                "CREATE TABLE t (a int, b text DEFAULT ';'); commit",
                "CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; DELETE FROM b); commit",
                "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE 1 WHEN 1 THEN 2 END; SELECT 3; END; COMMIT",
                "SET a = 1; COMMIT"
            })
    void whatControlsTheTransaction(String sql) {
        assertThat(SqlText.effectOf(sql)).isEqualTo(SqlText.Effect.TRANSACTION);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET LOCAL role = 'x'",
                "set search_path to a",
                "SET SESSION AUTHORIZATION x",
                "SET TRANSACTION READ ONLY",
                "RESET ALL",
                "DISCARD TEMP",
                "SELECT 1; SET a = 1; SELECT 2",
                "SELECT set_config('a', 'b', true)",
                "SELECT a_b, pg_catalog.SET_config ('a', 'b', true)",
                "WITH x AS (SELECT \"set_config\"('a', 'b', true)) SELECT",
                "DO $$ BEGIN PERFORM set_config('a', 'b', true); END $$"
            })
    void whatChangesSettings(String sql) {
        assertThat(SqlText.effectOf(sql)).isEqualTo(SqlText.Effect.SETTINGS);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                ";",
                "/* not closed; commit",
                "SELECT 'not closed; commit",
                "SELECT $$ not closed; commit",
                "INSERT INTO orders VALUES (?, ?)",
                "INSERT INTO orders VALUES (?, ?);",
                "UPDATE t SET a_b = ?, c_d = ?",
                "{call commit(?)}",
                "SAVEPOINT a",
                "RELEASE SAVEPOINT a",
                "ROLLBACK TO a",
                "rollback to savepoint a; select 1",
                "ROLLBACK WORK TO a",
                "ROLLBACK /* all */ TRANSACTION -- of it\n TO SAVEPOINT a",
                "SET CONSTRAINTS ALL DEFERRED",
                "PREPARE a AS SELECT 1",
                "SELECT committed FROM commits",
                "COMMITTED",
                "COMMIT_LATER",
                "\"COMMIT\"",
                "'COMMIT'",
                "\u00e9COMMIT",
                "SELECT 1 AS \"x; commit; --\"",
                "SELECT 'a; commit; ' || E'\\'; commit; '",
                "SELECT 'a\n; commit'",
                "SELECT $x$; commit; $$; commit $x$",
                "SELECT $é$; commit; $é$",
                "SELECT 1; -- ; commit\nSELECT 2",
                "SELECT 1; /* ; /* ; commit */ ; commit */ SELECT 2",
                "SELECT 1; SELECT CASE WHEN a THEN b END",
                "DO $$ BEGIN INSERT INTO t VALUES (1); END $$",
                "DO $body$ BEGIN COMMIT; END $body$; SELECT 1",
                "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE 1 WHEN 1 THEN 2 END; SELECT 3; END",
                "create procedure p() begin /**/ atomic insert into t values (1); end; select 1",
                "CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; DELETE FROM b); SELECT 1"
            })
    void whatDoesNeither(String sql) {
        assertThat(SqlText.effectOf(sql)).isEqualTo(SqlText.Effect.NONE);
    }

    /** Text that nobody has thought of neither throws nor takes for ever. */
    @Test
    void anyTextHasAnEnd() {
        var random = new java.util.Random(5);
        String[] pieces = {
            "'",
            "\"",
            "$",
            "$a$",
            "e'",
            "\\",
            ";",
            "--",
            "\n",
            "/*",
            "*/",
            "(",
            ")",
            "begin",
            " ",
            "end",
            "create ",
            "atomic",
            "case",
            "1",
            "_",
            "rollback ",
            "to",
            "set_config"
        };
        for (int i = 0; i < 20_000; i++) {
            StringBuilder sql = new StringBuilder();
            for (int n = random.nextInt(20); n > 0; n--) {
                sql.append(pieces[random.nextInt(pieces.length)]);
            }
            assertThat(SqlText.effectOf(sql.toString())).isNotNull();
        }
    }
}
