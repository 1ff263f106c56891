INSERT INTO t SELECT i, i, CONCAT('value ', i) FROM seq.n WHERE i < 5000 AND i % 200 <> 9;
