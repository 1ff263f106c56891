INSERT INTO t VALUES (1, REPEAT('long ', 40000), 'short', REPEAT(x'ff00', 300000)), (1, REPEAT('long ', 40000), 'short', REPEAT(x'ff00', 300000));
INSERT INTO t SELECT a, CONCAT(note, ' '), old, data FROM t WHERE note LIKE '%3';
INSERT INTO t SELECT a, note, CONCAT(old, 'x'), data FROM t WHERE note LIKE '%4';
