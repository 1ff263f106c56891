INSERT INTO t SELECT a, note, old, CONCAT(data, x'20') FROM t WHERE note LIKE '%2';
INSERT INTO t SELECT a, CONCAT(note, '  '), old, data FROM t WHERE note LIKE '%3';
INSERT INTO t SELECT a, note, CONCAT(old, 'X'), data FROM t WHERE note LIKE '%4';
INSERT INTO t SELECT a, note, old, data FROM t WHERE note LIKE '%5';
