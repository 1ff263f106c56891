INSERT INTO t SELECT i, CONCAT('row ', i) FROM seq.n WHERE i < 500;
