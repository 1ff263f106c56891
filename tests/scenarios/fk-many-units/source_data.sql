INSERT INTO parent SELECT i * 100 + 2001, i FROM seq.n WHERE i < 15; INSERT INTO child SELECT i * 100 + 5000, i * 100 + 2001, i FROM seq.n WHERE i < 15;
