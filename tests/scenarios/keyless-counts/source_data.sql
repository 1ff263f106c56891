INSERT INTO t VALUES (1, 'a'), (1, 'a'), (1, 'a'), (2, 'b'), (3, 'c'), (3, 'c'), (4, 'd');
INSERT INTO t SELECT 5, 'e' FROM seq.n WHERE i < 1200;
INSERT INTO t SELECT 6, 'f' FROM seq.n WHERE i < 100;
