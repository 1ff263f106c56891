INSERT INTO t VALUES (9, '😀', 'NULL', '\\N', '\0\0', CHAR(0xC2A0 USING utf8mb4), '"quoted"');
INSERT INTO t SELECT 10, c, v, tt, tx, mt, lt FROM t WHERE id = 6;
