INSERT INTO t (a, b) VALUES (NULL, 'z');
UPDATE t SET b = CONCAT(b, '!') WHERE a IN (2, 3);
INSERT INTO t VALUES (10, 'move', 0.1, 1.5, 'p', 'p,q', 2000, b'101', '2026-01-02 03:04:05.678', ST_GeomFromText('POINT(1 2)'), x'00ff', 'é', 'A', 1);
INSERT INTO t VALUES (11, 'move', 0.2, 2.5, 'q', 'q', 1999, b'1', '2026-01-02 03:04:05.6', ST_GeomFromText('POINT(3 4)'), x'01', 'e', 'B', 2);
INSERT INTO t (a, b, u, v) VALUES (NULL, 'w', 'k', NULL);
