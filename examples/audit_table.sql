-- The audit table of rowplan, and a view over it. Run it on the target, in the database that the
-- manifest names: [output] audit_table = "ops.rowplan_audit" is the table below in database ops.
-- rowplan inserts a row for each table of a run, and reads nothing here; its user needs INSERT.
-- Times are in UTC. For MariaDB 10.6 and MySQL 8.0, and later.

CREATE TABLE rowplan_audit (
  id             BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  table_name     VARCHAR(1160) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
                 COMMENT 'db.table on this server; unusual bytes as %XX',
  start_time     DATETIME(6) NOT NULL,
  end_time       DATETIME(6) NOT NULL,
  affected_rows  BIGINT UNSIGNED NOT NULL COMMENT 'inserted + updated + deleted',
  status         ENUM('success', 'failed', 'stale', 'partial') NOT NULL,
  error_message  VARCHAR(2000) CHARACTER SET utf8mb4 NULL,
  run_id         CHAR(26) CHARACTER SET ascii NOT NULL,
  plan_id        CHAR(26) CHARACTER SET ascii NOT NULL,
  plan_digest    CHAR(64) CHARACTER SET ascii NOT NULL COMMENT 'SHA-256 of plan.json',
  pair           VARCHAR(255) CHARACTER SET utf8mb4 NOT NULL,
  verb           VARCHAR(16) CHARACTER SET ascii NOT NULL,
  inserted       BIGINT UNSIGNED NOT NULL,
  updated        BIGINT UNSIGNED NOT NULL,
  deleted        BIGINT UNSIGNED NOT NULL,
  conflicts      BIGINT UNSIGNED NOT NULL,
  watermark_from VARCHAR(32) CHARACTER SET ascii NULL COMMENT 'of incremental tables',
  watermark_to   VARCHAR(32) CHARACTER SET ascii NULL,
  tool_version   VARCHAR(64) CHARACTER SET ascii NOT NULL,
  host           VARCHAR(255) CHARACTER SET utf8mb4 NOT NULL COMMENT 'where rowplan ran',
  KEY by_table (table_name(255), id),
  KEY by_time (end_time)
) ENGINE=InnoDB;

-- A line a table: 'failed' where its last run did not succeed, 'late' where the last success is
-- over a day old, else 'normal'. Put your own interval in place of the day.
CREATE VIEW rowplan_audit_status AS
SELECT latest.table_name,
       CASE
         WHEN latest.status <> 'success' THEN 'failed'
         WHEN latest.end_time < UTC_TIMESTAMP(6) - INTERVAL 1 DAY THEN 'late'
         ELSE 'normal'
       END AS state,
       latest.status AS last_status,
       latest.end_time AS last_run,
       (SELECT MAX(good.end_time) FROM rowplan_audit good
         WHERE good.table_name = latest.table_name AND good.status = 'success') AS last_success,
       latest.affected_rows,
       latest.error_message
  FROM rowplan_audit latest
 WHERE latest.id = (SELECT MAX(newest.id) FROM rowplan_audit newest
                     WHERE newest.table_name = latest.table_name);
