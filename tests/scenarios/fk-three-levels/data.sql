INSERT INTO b_country VALUES (1, 'np'); INSERT INTO c_city VALUES (1, 1); INSERT INTO a_street VALUES (1, 1);
