"""The cron job controller: a Job at each time of a schedule. plan.py decides, controller.py acts."""
